import type { SnapshotBackend, SnapshotLimit, SnapshotRoute } from '@signalbox/domain';
import { type BlockSeed, blockSeed } from '../routing/prompt-blocks.ts';
import type { Replica } from '../routing/replica.ts';
import type { Bucket } from './limits/bucket.ts';
import { TokenEstimate } from './limits/token-estimate.ts';
import { RouteQueue } from './queue/route-queue.ts';

/** The longest answer to reserve for where neither the request nor the engine names a bound. */
const assumedOutputTokens = 4_096;

/** A route as its gate sees it. */
interface GatedRoute {
  readonly facts: Pick<SnapshotRoute, 'limits' | 'queue'>;
  readonly backends: readonly {
    readonly facts: Pick<SnapshotBackend, 'maxContextTokens' | 'maxInFlightPerReplica'>;
    readonly weight: number;
    readonly replicas: readonly Pick<Replica, 'state' | 'health'>[];
  }[];
}

/** What a route keeps about its requests over all snapshots: its limits, its queue, what answers usually cost. */
export class RouteGate {
  readonly estimate = new TokenEstimate();
  limits: readonly Bucket[] = [];
  queue: RouteQueue | undefined;
  inFlight = 0;
  mostOutputTokens = assumedOutputTokens;
  /** Keeps the prompts of one project apart from another's, in the index of who has read what. */
  readonly tenantSeed: BlockSeed;
  #route: GatedRoute | undefined;

  constructor(project: string) {
    this.tenantSeed = blockSeed(project);
  }

  /** Takes over what a newer snapshot says. Requests that wait go on waiting, also where there is no queue any more. */
  update(route: GatedRoute, bucketsOf: (limits: readonly SnapshotLimit[] | undefined) => readonly Bucket[]): void {
    const { facts, backends } = route;
    this.#route = route;
    this.limits = bucketsOf(facts.limits);
    this.mostOutputTokens = backends.reduce(
      (most, backend) => Math.max(most, backend.facts.maxContextTokens ?? 0),
      assumedOutputTokens,
    );
    const bounds = facts.queue ?? { maxRequests: 0, maxBytes: 0, maxWaitMs: 0 };
    if (this.queue !== undefined) this.queue.resize(bounds);
    else if (facts.queue !== undefined) this.queue = new RouteQueue(bounds, () => this.#hasRoom());
  }

  /**
   * Without a queue there is no bound here: a full replica takes more, as engines queue themselves. A route that
   * nothing can serve has room as well, so that its callers hear so at once.
   */
  #hasRoom(): boolean {
    if (this.#route === undefined || this.#route.facts.queue === undefined) return true;
    let capacity = 0;
    for (const { facts, weight, replicas } of this.#route.backends) {
      if (weight === 0) continue;
      for (const replica of replicas) {
        if (replica.state !== 'serving' || replica.health.ejection !== null) continue;
        if (facts.maxInFlightPerReplica === null) return true;
        capacity += facts.maxInFlightPerReplica;
      }
    }
    return capacity === 0 || this.inFlight < capacity;
  }
}
