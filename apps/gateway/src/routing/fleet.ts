import type { ReplicaReport, Snapshot } from '@signalbox/domain';
import type { Doubt } from '../health/check-pace.ts';
import {
  afterConnectError,
  afterFailedCheck,
  afterGoodAnswer,
  afterGoodCheck,
  afterServerError,
  afterSilence,
  type CheckOutcome,
  type EjectionCause,
  isOldNews,
  type ReplicaHealth,
} from '../health/replica-health.ts';
import type { ReplicaConnections } from '../upstream/replica-connections.ts';
import { Lease } from './lease.ts';
import { Replica } from './replica.ts';

export interface FleetEvents {
  /** Something the control plane waits for: a replica was admitted, ejected, came back, or has drained. */
  changed: () => void;
  ejected: (replica: Replica, because: EjectionCause) => void;
  returned: (replica: Replica) => void;
  /** It should be looked at soon. */
  doubted: (replica: Replica, why: Doubt) => void;
  appeared: (replica: Replica) => void;
  left: (replica: Replica) => void;
}

export type AttemptVerdict = 'good' | 'connectError' | 'serverError';

type Learn = (health: ReplicaHealth, now: number) => ReplicaHealth;
const afterAttempt = {
  good: afterGoodAnswer,
  connectError: afterConnectError,
  serverError: afterServerError,
} as const satisfies Record<AttemptVerdict, Learn>;
const afterCheck = {
  passed: afterGoodCheck,
  failed: afterFailedCheck,
  unanswered: afterSilence,
} as const satisfies Record<CheckOutcome, Learn>;

/** All replicas this gateway knows, with their work in flight and their health, over the snapshots. */
export class Fleet {
  readonly #replicas = new Map<string, Replica>();
  readonly #leaving = new Set<Replica>();
  readonly #events: FleetEvents;
  readonly #now: () => number;
  readonly #openConnections: (address: string) => ReplicaConnections;

  constructor(options: {
    events: FleetEvents;
    now: () => number;
    openConnections: (address: string) => ReplicaConnections;
  }) {
    this.#events = options.events;
    this.#now = options.now;
    this.#openConnections = options.openConnections;
  }

  get(id: string): Replica | undefined {
    return this.#replicas.get(id);
  }

  /** Takes over what the snapshot says. What it no longer names finishes its work and goes. */
  update(snapshot: Snapshot): void {
    const named = new Set<string>();
    for (const route of snapshot.routes) {
      for (const backend of route.backends) {
        for (const seen of backend.replicas) {
          named.add(seen.id);
          const known = this.#replicas.get(seen.id);
          if (known?.address === seen.address) {
            known.state = seen.state;
            known.healthPath = backend.healthPath;
          } else {
            // Another address under the same id: what was learned of the old one says nothing of the new.
            if (known !== undefined) this.#retire(known);
            const replica = new Replica(seen, backend, this.#openConnections(seen.address));
            this.#replicas.set(seen.id, replica);
            this.#events.appeared(replica);
          }
        }
      }
    }
    for (const replica of this.#replicas.values()) if (!named.has(replica.id)) this.#retire(replica);
  }

  /** One request is on its way to the replica, which has to read that many tokens of its prompt. */
  lease(replica: Replica, uncachedTokens = 0): Lease {
    return new Lease(replica, uncachedTokens, this.#now(), this.#ended);
  }

  attempted(replica: Replica, verdict: AttemptVerdict, sentAt: number): void {
    const now = this.#now();
    if (verdict !== 'good' && isOldNews(replica.health, sentAt)) return;
    if (verdict === 'good') replica.heardAt = now;
    this.#setHealth(replica, afterAttempt[verdict](replica.health, now));
    if (verdict === 'connectError') this.#doubt(replica, 'failure');
  }

  /** A request or a stream waits for a byte of it. */
  silent(replica: Replica): void {
    this.#doubt(replica, 'silence');
  }

  checked(replica: Replica, outcome: CheckOutcome, askedAt: number): void {
    const now = this.#now();
    replica.prompts.forgetOld(now);
    if (outcome === 'passed') replica.heardAt = now;
    // A busy engine may answer callers and let a check wait.
    if (outcome === 'unanswered' && replica.heardAt >= askedAt) return;
    this.#setHealth(replica, afterCheck[outcome](replica.health, now));
  }

  /** Also tells of those that left while they still have work in flight. */
  report(): ReplicaReport[] {
    return [...this.#replicas.values(), ...this.#leaving].map((replica) => ({
      replicaId: replica.id,
      admitted: replica.health.admitted,
      inFlight: replica.inFlight,
      ejected: replica.health.ejection !== null,
    }));
  }

  close(): void {
    const all = [...this.#replicas.values(), ...this.#leaving];
    this.#replicas.clear();
    this.#leaving.clear();
    for (const replica of all) this.#events.left(replica);
    for (const replica of all) replica.connections.close();
  }

  readonly #ended = (replica: Replica): void => {
    if (replica.inFlight > 0) return;
    if (replica.gone) this.#close(replica);
    if (replica.gone || replica.state === 'draining') this.#events.changed();
  };

  #doubt(replica: Replica, why: Doubt): void {
    if (replica.health.ejection === null) this.#events.doubted(replica, why);
  }

  #setHealth(replica: Replica, health: ReplicaHealth): void {
    const before = replica.health;
    if (health === before) return;
    replica.health = health;
    if (before.ejection === null && health.ejection !== null) {
      replica.connections.dropIdle();
      this.#events.ejected(replica, health.ejection.because);
    } else if (before.ejection !== null && health.ejection === null) this.#events.returned(replica);
    else if (before.admitted === health.admitted) return;
    this.#events.changed();
  }

  #retire(replica: Replica): void {
    replica.gone = true;
    this.#replicas.delete(replica.id);
    this.#leaving.add(replica);
    this.#events.left(replica);
    if (replica.inFlight === 0) this.#close(replica);
  }

  #close(replica: Replica): void {
    this.#leaving.delete(replica);
    replica.connections.close();
  }
}
