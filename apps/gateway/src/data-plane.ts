import type { ReplicaReport, RevisionReport, RouteReport, Snapshot } from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';
import { ConsumerKeys } from './admission/consumer-keys.ts';
import { CallerServer } from './callers/caller-server.ts';
import { Deadlines } from './deadlines.ts';
import { HealthChecks } from './health/health-checks.ts';
import { LoadReadings } from './health/load-readings.ts';
import { Counters } from './observe/counters.ts';
import type { GatewayMetrics } from './observe/gateway-metrics.ts';
import { bothOf } from './observe/observers.ts';
import { logRequest } from './observe/request-log.ts';
import { Answers } from './proxy/answer.ts';
import type { RoutedCall } from './proxy/call.ts';
import type { View } from './proxy/call-parts.ts';
import { Exchange } from './proxy/exchange.ts';
import type { ExchangeParts } from './proxy/exchange-parts.ts';
import { Reception } from './proxy/reception.ts';
import { RetryBudget } from './proxy/retry-budget.ts';
import { Decisions } from './routing/decisions.ts';
import { Fleet } from './routing/fleet.ts';
import { Router } from './routing/pick.ts';
import { PrefixIndex } from './routing/prefix-index.ts';
import type { Replica } from './routing/replica.ts';
import { ReplicaSlots } from './routing/replica-slots.ts';
import { buildRoutingTable, emptyTable } from './routing/routing-table.ts';
import { scorerNames } from './routing/scoring.ts';
import { ReplicaConnections } from './upstream/replica-connections.ts';

export interface DataPlaneOptions {
  clock: Clock;
  monotonicMs: () => number;
  random: () => number;
  newRequestId: () => string;
  log: Logger;
  host: string;
  port: number;
  maxBodyBytes: number;
  bodyStallMs: number;
  headersTimeoutMs: number;
  /** Off: Node's own HTTP server reads every request. */
  fastPath: boolean;
}

/** How late a deadline may be kept. */
const deadlineStepMs = 25;

/** Prompt blocks of 2 KB whose replicas are remembered: 34 MB when they have all been seen. */
const prefixBlocks = 2 ** 20;
const metricsTimeoutMs = 1_000;

/** Everything between a caller and a replica. It knows one snapshot at a time and nobody who made it. */
export class DataPlane {
  readonly #options: DataPlaneOptions;
  readonly #metrics: GatewayMetrics;
  readonly #counters = new Counters();
  readonly #index = new PrefixIndex({ blocks: prefixBlocks });
  readonly #router: Router;
  readonly #fleet: Fleet;
  readonly #deadlines: Deadlines;
  readonly #server: CallerServer;
  readonly #running = new Map<RoutedCall, Exchange>();
  #view: View | undefined;

  /** `changed` is called when a replica was admitted, ejected, came back, or has drained. */
  constructor(options: DataPlaneOptions, metrics: GatewayMetrics, changed: () => void) {
    this.#options = options;
    this.#metrics = metrics;
    this.#deadlines = new Deadlines({ everyMs: deadlineStepMs, now: options.monotonicMs });
    this.#router = new Router({
      index: this.#index,
      decisions: new Decisions(scorerNames),
      now: options.monotonicMs,
    });
    this.#fleet = this.#createFleet(changed);
    this.#server = this.#createServer();
  }

  get hasSnapshot(): boolean {
    return this.#view !== undefined;
  }

  listen(): Promise<{ host: string; port: number }> {
    return this.#server.listen();
  }

  /** Builds the new view aside and swaps it in; requests under way keep theirs. */
  apply(snapshot: Snapshot): void {
    this.#fleet.update(snapshot);
    this.#metrics.keepOnly(snapshot.routes);
    const table = buildRoutingTable(snapshot, {
      former: this.#view?.table ?? emptyTable,
      replica: (id) => this.#fleet.get(id),
      observeRoute: (route) => this.#counters.route(route.id),
      observeRevision: (route, backend) =>
        bothOf(this.#counters.revision(route.id, backend.revisionId), this.#metrics.revision(route, backend)),
    });
    this.#view = { table, keys: new ConsumerKeys(snapshot) };
    this.#metrics.applied(snapshot, this.#options.clock.now());
  }

  report(): { replicas: ReplicaReport[]; revisions: RevisionReport[]; routes: RouteReport[] } {
    return {
      replicas: this.#fleet.report(),
      revisions: this.#counters.revisions(),
      routes: this.#counters.routes(),
    };
  }

  /** From now on answers close their connections, so that callers come back elsewhere. */
  beginDraining(): void {
    this.#server.beginDraining();
  }

  /** Takes no more and lets what runs finish in its time; streams that outlast it end in an error event. */
  async drain(timeoutMs: number): Promise<void> {
    await this.#server.drain(timeoutMs, () => {
      for (const exchange of this.#running.values()) exchange.cutShort();
    });
    this.#fleet.close();
  }

  #createFleet(changed: () => void): Fleet {
    const { log, random, monotonicMs } = this.#options;
    const checks = new HealthChecks({ checked: (replica, passed) => this.#fleet.checked(replica, passed), random });
    const readings = new LoadReadings({ fetchText, now: monotonicMs, random });
    const slots = new ReplicaSlots((lo, hi) => this.#index.forget(lo, hi));
    return new Fleet({
      // Back-offs must not end early or never because a clock was set.
      now: monotonicMs,
      openConnections: (address) => new ReplicaConnections({ address, now: monotonicMs, deadlines: this.#deadlines }),
      events: {
        changed,
        appeared: (replica) => {
          slots.give(replica);
          checks.watch(replica);
          readings.watch(replica);
        },
        left: (replica) => {
          slots.takeBack(replica);
          checks.forget(replica);
          readings.forget(replica);
        },
        ejected: (replica, because) => {
          this.#metrics.ejected(because);
          log.warn('replica ejected', { replicaId: replica.id, because });
        },
        returned: (replica) => log.info('replica returned', { replicaId: replica.id }),
      },
    });
  }

  #createServer(): CallerServer {
    const { clock, monotonicMs, newRequestId, maxBodyBytes } = this.#options;
    const answers = new Answers({ refused: this.#metrics.refused });
    const exchangeParts = this.#exchangeParts(answers);
    const handler = new Reception({
      view: () => this.#view,
      answers,
      now: () => clock.now(),
      monotonicMs,
      newRequestId,
      maxBodyBytes,
      exchange: (call) => this.#carryOut(call, exchangeParts),
    });
    return new CallerServer({
      ...this.#options,
      handler,
      deadlines: this.#deadlines,
      now: monotonicMs,
      refused: this.#metrics.refused,
    });
  }

  #carryOut(call: RoutedCall, parts: ExchangeParts): void {
    const exchange = new Exchange(call, parts);
    this.#running.set(call, exchange);
    this.#metrics.inFlight.inc();
    exchange.start();
  }

  #exchangeParts(answers: Answers): ExchangeParts {
    const { log, monotonicMs } = this.#options;
    return {
      fleet: this.#fleet,
      router: this.#router,
      monotonicMs,
      routeNow: (name) => this.#view?.table.byName.get(name),
      answerError: (call, error) => answers.error(call, call.dialect, error),
      deadlines: this.#deadlines,
      budget: new RetryBudget(),
      retried: this.#metrics.retried,
      ended: (call, summary) => {
        this.#running.delete(call);
        this.#metrics.inFlight.dec();
        logRequest(log, call, summary, monotonicMs());
      },
    };
  }
}

async function fetchText({ connections }: Replica, path: string): Promise<string | undefined> {
  const { status, text } = await connections.get(path, metricsTimeoutMs);
  return status === 200 ? text : undefined;
}
