import {
  assertNever,
  type GatewayReportAnswer,
  type LimitUseReport,
  type Snapshot,
  type SnapshotRoute,
  type TrafficReport,
} from '@signalbox/domain';
import type { Logger, MetricsState, Readiness } from '@signalbox/runtime';
import type { UsedLimit } from '../admission/limits/used-limits.ts';
import type { SnapshotIdentity } from '../snapshot/fence.ts';
import { Awaited } from './awaited.ts';
import { Crew } from './crew.ts';
import { FrontDoor } from './front-door.ts';
import { isWarm } from './is-warm.ts';
import { mergeReports, noTraffic, withDeparted } from './merge-reports.ts';
import { type FromWorker, protocol } from './messages.ts';
import { RollingRestart } from './rolling-restart.ts';
import { SnapshotsOut } from './snapshots-out.ts';
import type { Traffic } from './traffic.ts';
import { WorkerAnswers } from './worker-answers.ts';
import { WorkerLimits } from './worker-limits.ts';
import type { WorkerPhase, WorkerProcess, WorkerProgram } from './worker-process.ts';

/**
 * How long an old worker keeps a connection that waits for a request. Common clients let go of one themselves after 4 or
 * 5 s; of the others it takes one that sends nothing for all this time and then in the very moment when it is closed.
 */
const idleMs = 10_000;
/** A scrape does not wait for a worker that hangs. */
const metricsWithinMs = 500;

export interface WorkersOptions {
  size: number;
  program: WorkerProgram;
  host: string;
  port: number;
  monotonicMs: () => number;
  log: Logger;
  drainMs: number;
  /** Something happened that the control plane waits for. */
  changed: () => void;
  /** A snapshot has come, and these are its routes. */
  named: (routes: readonly SnapshotRoute[]) => void;
  /** Every worker that has requests serves by this snapshot now. */
  applied: (snapshot: SnapshotIdentity) => void;
  /** A worker has ended; these were its metrics when it last told them. */
  departed: (metrics: MetricsState) => void;
}

/** Carries traffic in several processes: one snapshot to all of them, one report from all of them. */
export class Workers implements Traffic {
  readonly #options: WorkersOptions;
  readonly #awaited = new Awaited();
  readonly #door: FrontDoor;
  readonly #crew: Crew;
  readonly #rollingRestart: RollingRestart;
  readonly #snapshots = new SnapshotsOut();
  readonly #limits: WorkerLimits<WorkerProcess>;
  readonly #answers: WorkerAnswers<WorkerProcess>;
  #departed: TrafficReport = noTraffic;
  #isStopping = false;

  constructor(options: WorkersOptions) {
    const awaited = this.#awaited;
    this.#options = options;
    this.#limits = new WorkerLimits(options.size);
    this.#answers = new WorkerAnswers({
      now: options.monotonicMs,
      tell: (worker, found) => worker.send(found),
      isAlive: (worker) => this.#crew.has(worker),
      after: (ms, then) => void setTimeout(then, ms),
    });
    this.#door = new FrontDoor({ ...options, workers: () => this.#crew.in('serving') });
    this.#crew = new Crew({
      ...options,
      awaited,
      said: (worker, message) => this.#said(worker, message),
      ended: (worker, waiting) => {
        this.#limits.ended(worker, options.monotonicMs());
        this.#answers.ended(worker);
        if (worker.report !== undefined) this.#departed = withDeparted(this.#departed, worker.report);
        if (worker.metrics !== undefined) options.departed(worker.metrics);
        if (waiting !== undefined) this.#door.again(waiting);
        this.#noticeApplied();
        options.changed();
      },
      welcome: (worker) => {
        worker.send({ kind: 'keepsAnswers' });
        worker.send({ kind: 'share', parts: this.#limits.welcome(worker, options.monotonicMs()) });
        const { newest } = this.#snapshots;
        if (newest !== undefined) worker.send({ kind: 'snapshot', sequence: newest.sequence, text: newest.text });
      },
    });
    const isStopping = (): boolean => this.#isStopping;
    this.#rollingRestart = new RollingRestart({ ...options, crew: this.#crew, awaited, isStopping, idleMs });
  }

  get applied(): SnapshotIdentity | undefined {
    return this.#snapshots.applied;
  }

  get readiness(): Readiness {
    if (this.#snapshots.newest === undefined) return { ready: false, because: 'there is no snapshot yet' };
    if (this.#crew.in('serving').some(({ applied }) => applied !== undefined)) return { ready: true };
    return { ready: false, because: 'no worker takes requests' };
  }

  async listen(): Promise<{ host: string; port: number }> {
    const address = await this.#door.listen();
    this.#crew.open();
    return address;
  }

  apply(snapshot: Snapshot, text: string): void {
    this.#limits.apply(snapshot);
    this.#options.named(snapshot.routes);
    const { sequence } = this.#snapshots.add(snapshot, text);
    this.#crew.tell({ kind: 'snapshot', sequence, text });
  }

  report(): TrafficReport {
    const of = (phase: WorkerPhase): TrafficReport[] => this.#crew.in(phase).map(({ report }) => report ?? noTraffic);
    return mergeReports({ serving: of('serving'), leaving: of('leaving'), departed: this.#departed });
  }

  limitUses(): LimitUseReport[] {
    return this.#limits.uses(this.#options.monotonicMs());
  }

  limitsUsed(): UsedLimit[] {
    return this.#limits.used(this.#options.monotonicMs());
  }

  rememberLimits(used: readonly UsedLimit[]): void {
    this.#limits.remember(used, this.#options.monotonicMs());
  }

  share(parts: GatewayReportAnswer): void {
    const toAll = this.#limits.share(parts);
    if (toAll !== undefined) this.#crew.tell({ kind: 'share', parts: toAll });
  }

  /** Of every worker: as it tells them now, or told them last where it does not answer soon. */
  async metrics(): Promise<MetricsState[]> {
    const workers = [...this.#crew.in('serving'), ...this.#crew.in('leaving')];
    for (const worker of workers) {
      worker.awaitsMetrics = true;
      worker.send({ kind: 'tellMetrics' });
    }
    const haveTold = (): boolean => workers.every((worker) => !worker.awaitsMetrics || !this.#crew.has(worker));
    await this.#awaited.until(haveTold, metricsWithinMs);
    return workers.flatMap((worker) =>
      this.#crew.has(worker) && worker.metrics !== undefined ? [worker.metrics] : [],
    );
  }

  restart(): Promise<void> {
    return this.#rollingRestart.run();
  }

  beginDraining(waitMs: number): void {
    this.#isStopping = true;
    this.#awaited.changed();
    this.#crew.tell({ kind: 'beginDraining', idleMs: waitMs });
  }

  async drain(timeoutMs: number): Promise<void> {
    this.#isStopping = true;
    this.#door.close();
    await this.#crew.close(timeoutMs);
    this.#door.turnAway();
  }

  #said(worker: WorkerProcess, message: FromWorker): void {
    const { log, changed, monotonicMs } = this.#options;
    const { pid } = worker;
    switch (message.kind) {
      case 'hello':
        if (message.protocol === protocol) break;
        log.error('a worker runs code that this primary cannot talk to; restart the gateway', {
          pid,
          ours: protocol,
          theirs: message.protocol,
        });
        worker.kill();
        return;
      case 'applied':
        worker.applied = message.sequence;
        worker.appliedAt ??= monotonicMs();
        this.#noticeApplied();
        break;
      case 'refused':
        log.error('a worker cannot use the snapshot', { pid, because: message.because });
        return;
      case 'taken':
        // Nothing else changes, and this is said for every connection.
        this.#door.pass();
        return;
      case 'told':
        if (message.isUrgent) changed();
        this.#shareWith(worker, message.limits);
        // Also for those that wait for a worker which has meanwhile become late.
        this.#door.pass();
        break;
      case 'metrics':
        break;
      case 'keyAsked':
        this.#answers.asked(worker, message);
        return;
      case 'keyAnswered':
        this.#answers.answered(worker, message);
        return;
      case 'keyFreed':
        this.#answers.freed(worker, message);
        return;
      default:
        assertNever(message);
    }
    if (worker.phase === 'starting' && this.#canServe(worker)) this.#promote(worker);
    this.#awaited.changed();
  }

  #shareWith(worker: WorkerProcess, limits: readonly LimitUseReport[]): void {
    if (worker.phase === 'leaving') this.#limits.leaves(worker);
    const parts = this.#limits.heard(worker, limits, this.#options.monotonicMs());
    if (parts !== undefined) worker.send({ kind: 'share', parts });
  }

  #canServe(worker: WorkerProcess): boolean {
    if (this.#isStopping) return false;
    const { newest } = this.#snapshots;
    if (newest === undefined) return true;
    if (worker.applied !== newest.sequence || worker.appliedAt === undefined) return false;
    const others = this.#crew.in('serving').flatMap(({ report }) => report ?? []);
    return isWarm({ report: worker.report, appliedAt: worker.appliedAt }, others, this.#options.monotonicMs());
  }

  #promote(worker: WorkerProcess): void {
    const { log, monotonicMs, changed } = this.#options;
    worker.phase = 'serving';
    log.info('worker serves', { pid: worker.pid, afterMs: Math.round(monotonicMs() - worker.startedAt) });
    this.#noticeApplied();
    this.#door.pass();
    changed();
  }

  #noticeApplied(): void {
    const withRequests = [...this.#crew.in('serving'), ...this.#crew.in('leaving')];
    if (this.#snapshots.update(withRequests.map(({ applied }) => applied)) !== 'changed') return;
    const { applied } = this.#snapshots;
    if (applied !== undefined) this.#options.applied(applied);
    this.#options.changed();
  }
}
