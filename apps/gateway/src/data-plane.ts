import type { Socket } from 'node:net';
import { type LimitUseReport, PRIORITY_CLASSES, type Snapshot, type TrafficReport } from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';
import { BadKeys } from './admission/bad-keys.ts';
import { ConsumerKeys } from './admission/consumer-keys.ts';
import type { AnswerStore } from './admission/idempotency/answer-store.ts';
import { Buckets } from './admission/limits/buckets.ts';
import type { CallerEdges } from './callers/caller-edges.ts';
import { CallerServer } from './callers/caller-server.ts';
import type { Draining } from './callers/shedding.ts';
import { Deadlines } from './deadlines.ts';
import { adapterList } from './health/adapter-list.ts';
import { engineLoad } from './health/engine-load.ts';
import { HealthChecks } from './health/health-checks.ts';
import { Readings } from './health/readings.ts';
import type { CallPath, CallSummary } from './observe/call-summary.ts';
import type { Capture } from './observe/capture/capture.ts';
import { Counters } from './observe/counters.ts';
import type { GatewayMetrics } from './observe/gateway-metrics.ts';
import type { Levels } from './observe/levels.ts';
import { bothOf } from './observe/observers.ts';
import type { TraceParts } from './observe/trace-context.ts';
import { Outbox } from './outbox.ts';
import { Answers } from './proxy/answer.ts';
import type { CallServices, View } from './proxy/call-services.ts';
import { Dispatcher } from './proxy/dispatcher.ts';
import { Exchange } from './proxy/exchange.ts';
import { OpenQuestion } from './proxy/open-question.ts';
import { Reception } from './proxy/reception.ts';
import { RetryBudget } from './proxy/retry-budget.ts';
import { StoredReplies } from './proxy/stored-replies.ts';
import { Decisions } from './routing/decisions.ts';
import { Explanations } from './routing/explanations.ts';
import { Fleet } from './routing/fleet.ts';
import { Router } from './routing/pick.ts';
import { PrefixIndex } from './routing/prefix-index.ts';
import { PromptHasher } from './routing/prompt-blocks.ts';
import type { Replica } from './routing/replica.ts';
import { ReplicaSlots } from './routing/replica-slots.ts';
import { buildRoutingTable, emptyTable } from './routing/routing-table.ts';
import { scorerNames } from './routing/scoring.ts';
import { Shadows } from './shadow/shadows.ts';
import { ReplicaConnections } from './upstream/replica-connections.ts';
import type { Spool } from './usage/spool.ts';

export interface DataPlaneOptions {
  clock: Clock;
  monotonicMs: () => number;
  random: () => number;
  newRequestId: () => string;
  log: Logger;
  host: string;
  port: number;
  edges: CallerEdges;
  maxBodyBytes: number;
  bodyStallMs: number;
  headersTimeoutMs: number;
  /** Off: Node's own HTTP server reads every request. */
  fastPath: boolean;
  trace: TraceParts;
  /** Where usage is kept. */
  book: Pick<Spool, 'reserve' | 'settle' | 'record' | 'flush'> | undefined;
  capture: Capture | undefined;
  /** Answers by the key of their callers' requests. */
  stored: AnswerStore;
  /** Hears of every call that is over: the line per request, traces. */
  ended: (call: CallSummary) => void;
}

/** How late a deadline may be kept. */
const deadlineStepMs = 25;

/** Prompt blocks of 2 KB whose replicas are remembered: 34 MB when they have all been seen. */
const prefixBlocks = 2 ** 20;
/** How late a request that waits is told that its time is over. */
const queueStepMs = 100;
const metricsTimeoutMs = 1_000;

/** Everything between a caller and a replica. It knows one snapshot at a time and nobody who made it. */
export class DataPlane {
  readonly #options: DataPlaneOptions;
  readonly #metrics: GatewayMetrics;
  readonly #counters = new Counters();
  readonly #index = new PrefixIndex({ blocks: prefixBlocks });
  readonly #router: Router;
  readonly #explanations: Explanations;
  readonly #fleet: Fleet;
  readonly #deadlines: Deadlines;
  readonly #shadows: Shadows;
  readonly #server: CallerServer;
  readonly #buckets = new Buckets();
  readonly #outbox = new Outbox();
  readonly #dispatcher: Dispatcher;
  #queueTimer: NodeJS.Timeout | undefined;
  #view: View | undefined;

  /** `changed` is called when a replica was admitted, ejected, came back, or has drained. */
  constructor(options: DataPlaneOptions, metrics: GatewayMetrics, changed: () => void) {
    this.#options = options;
    this.#metrics = metrics;
    this.#dispatcher = new Dispatcher(
      () => options.book?.flush(),
      () => this.#outbox.flush(),
    );
    this.#deadlines = new Deadlines({ everyMs: deadlineStepMs, now: options.monotonicMs });
    this.#shadows = new Shadows({ ...options, deadlines: this.#deadlines });
    const decisions = new Decisions(scorerNames);
    this.#router = new Router({ index: this.#index, decisions, now: options.monotonicMs });
    this.#explanations = new Explanations({ decisions, now: options.monotonicMs });
    this.#fleet = this.#createFleet(changed);
    this.#server = this.#createServer();
    metrics.onRead((levels) => this.#readLevels(levels));
  }

  get hasSnapshot(): boolean {
    return this.#view !== undefined;
  }

  listen(): Promise<{ host: string; port: number }> {
    this.#queueTimer = setInterval(() => this.#expireWaiting(), queueStepMs);
    return this.#server.listen();
  }

  /** Builds the new view aside and swaps it in; requests under way keep theirs. */
  apply(snapshot: Snapshot): void {
    this.#fleet.update(snapshot);
    this.#metrics.keepOnly(snapshot.routes);
    const table = buildRoutingTable(snapshot, {
      former: this.#view?.table ?? emptyTable,
      bucketsOf: (limits) => this.#buckets.of(limits),
      replica: (id) => this.#fleet.get(id),
      observeRoute: (route) => this.#counters.route(route.id),
      observeRevision: (route, backend) =>
        bothOf(this.#counters.revision(route.id, backend.revisionId), this.#metrics.revision(route, backend)),
      observeShadow: this.#metrics.shadow,
    });
    this.#view = { table, keys: new ConsumerKeys(snapshot, (limits) => this.#buckets.of(limits)) };
    this.#metrics.applied(snapshot, this.#options.clock.now());
  }

  report(): TrafficReport {
    return {
      replicas: this.#fleet.report(),
      revisions: this.#counters.revisions(),
      routes: this.#counters.routes(),
    };
  }

  /** What `shareOut` needs to know of the limits in use, since the last time. */
  limitUses(): LimitUseReport[] {
    return this.#buckets.uses(this.#options.monotonicMs());
  }

  /** This process's parts of the limits; those not named keep theirs. */
  setLimitShares(shares: Readonly<Record<string, number>>, shareOfOthers: number): void {
    this.#buckets.setShares(new Map(Object.entries(shares)), shareOfOthers);
  }

  /** A connection that another process has accepted. */
  adopt(socket: Socket): void {
    this.#server.adopt(socket);
  }

  get connections(): number {
    return this.#server.connections;
  }

  /** See `CallerServer`. */
  beginDraining(draining: Draining): void {
    this.#server.beginDraining(draining);
  }

  /** Takes no more and lets what runs finish in its time; streams that outlast it end in an error event. */
  async drain(timeoutMs: number): Promise<void> {
    this.#shadows.close();
    await this.#server.drain(timeoutMs, () => {
      for (const route of this.#view?.table.byName.values() ?? []) route.gate.queue?.close();
      for (const entry of [...this.#deadlines])
        if (entry instanceof Exchange || entry instanceof OpenQuestion) entry.cutShort();
    });
    clearInterval(this.#queueTimer);
    this.#fleet.close();
  }

  #createFleet(changed: () => void): Fleet {
    const { log, random, monotonicMs } = this.#options;
    const checks = new HealthChecks({
      checked: (replica, outcome, askedAt) => this.#fleet.checked(replica, outcome, askedAt),
      now: monotonicMs,
      random,
    });
    const readings = [engineLoad, adapterList].map(
      (reading) => new Readings({ reading, fetchText, now: monotonicMs, random }),
    );
    const slots = new ReplicaSlots((lo, hi) => this.#index.forget(lo, hi));
    return new Fleet({
      // Back-offs must not end early or never because a clock was set.
      now: monotonicMs,
      openConnections: (address) =>
        new ReplicaConnections({ address, now: monotonicMs, deadlines: this.#deadlines, outbox: this.#outbox }),
      events: {
        changed,
        appeared: (replica) => {
          slots.give(replica);
          checks.watch(replica);
          for (const each of readings) each.watch(replica);
        },
        left: (replica) => {
          slots.takeBack(replica);
          checks.forget(replica);
          for (const each of readings) each.forget(replica);
        },
        ejected: (replica, because) => {
          this.#metrics.ejected(because);
          for (const exchange of this.#exchanges()) exchange.replicaEjected(replica);
          log.warn('replica ejected', { replicaId: replica.id, because });
        },
        doubted: (replica, why) => checks.doubt(replica, why),
        returned: (replica) => log.info('replica returned', { replicaId: replica.id }),
      },
    });
  }

  /**
   * Those under way. They are found among the deadlines, because a Set that every request enters and leaves costs a fifth
   * of all processor time: it grows into a new table now and then, each old table points to the next one, and once one
   * of them has become old for the garbage collector all later ones, with the requests in them, do as well.
   */
  #exchanges(): Exchange[] {
    return [...this.#deadlines].filter((entry) => entry instanceof Exchange);
  }

  #createServer(): CallerServer {
    const { monotonicMs } = this.#options;
    return new CallerServer({
      ...this.#options,
      handler: new Reception(this.#services()),
      deadlines: this.#deadlines,
      outbox: this.#outbox,
      now: monotonicMs,
      refused: this.#metrics.refused,
      connectionRefused: this.#metrics.connectionRefused,
      accepted: this.#metrics.accepted,
    });
  }

  #services(): CallServices {
    const { clock, book, capture, ended, monotonicMs, newRequestId, maxBodyBytes, stored, trace } = this.#options;
    const hasher = new PromptHasher();
    return {
      view: () => this.#view,
      answers: new Answers({ refused: this.#metrics.refused }),
      badKeys: new BadKeys(),
      stored: new StoredReplies(stored),
      hasher,
      exchange: {
        fleet: this.#fleet,
        router: this.#router,
        hasher,
        deadlines: this.#deadlines,
        budget: new RetryBudget(),
        monotonicMs,
        routeNow: (name) => this.#view?.table.byName.get(name),
        retried: this.#metrics.retried,
      },
      shadows: this.#shadows,
      explanations: this.#explanations,
      dispatcher: this.#dispatcher,
      book,
      capture,
      trace,
      now: () => clock.now(),
      monotonicMs,
      newRequestId,
      maxBodyBytes,
      began: this.#metrics.inFlight.inc,
      done: this.#metrics.inFlight.dec,
      ended: (summary) => {
        this.#metrics.callEnded(summary);
        ended(summary);
      },
      limited: this.#metrics.limited,
      shed: this.#metrics.shed,
    };
  }

  #readLevels(levels: Levels): void {
    for (const [path, open] of Object.entries(this.#server.connectionsBy)) levels.connections(path as CallPath, open);
    const queues = Array.from(this.#view?.table.byName.values() ?? [], ({ gate }) => gate.queue);
    for (const priority of PRIORITY_CLASSES) {
      const waiting = { requests: 0, bytes: 0 };
      for (const queue of queues) {
        const { requests, bytes } = queue?.waitingIn(priority) ?? { requests: 0, bytes: 0 };
        waiting.requests += requests;
        waiting.bytes += bytes;
      }
      levels.queue(priority, waiting);
    }
  }

  #expireWaiting(): void {
    const now = this.#options.monotonicMs();
    for (const { gate } of this.#view?.table.byName.values() ?? []) gate.queue?.expire(now);
  }
}

async function fetchText({ connections }: Replica, path: string): Promise<string | undefined> {
  const { status, text } = await connections.get(path, metricsTimeoutMs);
  return status === 200 ? text : undefined;
}
