import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { TrafficReport } from '@signalbox/domain';
import type { MetricsState } from '@signalbox/runtime';
import { workerFlags } from '../garbage-collection.ts';
import { type FromWorker, parseFromWorker, type ToWorker } from './messages.ts';

/**
 * - `starting`: it gets snapshots and checks replicas; from here to `serving` once it is warm.
 * - `serving`: it takes connections.
 * - `leaving`: it finishes what it has and ends.
 */
export type WorkerPhase = 'starting' | 'serving' | 'leaving';

export interface WorkerProgram {
  /** As it was named to Node, not as it resolved: where `current` is a link, new workers run what it points to now. */
  path: string;
  env: NodeJS.ProcessEnv;
}

export interface WorkerEvents {
  said(message: FromWorker): void;
  /** All it said has been heard. `waiting` is the connection that it can no longer take. */
  ended(how: string, waiting: Socket | undefined): void;
}

/** The primary's end of one worker, and what is known of it. */
export class WorkerProcess {
  readonly startedAt: number;
  phase: WorkerPhase = 'starting';
  heardAt: number | undefined;
  /** The newest snapshot that it serves by, as the primary counts them. */
  applied: number | undefined;
  appliedAt: number | undefined;
  report: TrafficReport | undefined;
  connections = 0;
  takingSince: number | undefined;
  /** As it told them last. */
  metrics: MetricsState | undefined;
  awaitsMetrics = false;
  /** When it must have left. */
  leavesBy = Number.POSITIVE_INFINITY;
  readonly #child: ChildProcess;
  readonly #said: (message: FromWorker) => void;
  readonly #now: () => number;
  #onItsWay: Socket | undefined;

  /** `place` is its number among the workers: a label of its metrics, which its successor takes over. */
  constructor({ path, env }: WorkerProgram, place: number, events: WorkerEvents, now: () => number) {
    this.#said = events.said;
    this.#now = now;
    this.startedAt = now();
    this.#child = fork(path, ['worker', `${place}`], {
      env,
      // What Node was started with comes after and wins.
      execArgv: [...workerFlags, ...process.execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message) => {
      this.heardAt = now();
      this.#heard(message);
    });
    // What goes wrong with the process or with the channel to it ends in `close`.
    this.#child.on('error', () => this.kill());
    // Unlike `exit` it comes after the last message.
    this.#child.once('close', (code, signal) => {
      const waiting = this.#onItsWay;
      this.#onItsWay = undefined;
      events.ended(signal ?? `exit code ${code}`, waiting);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToWorker): void {
    // A channel that broke is told by the process's end.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Kept open here until the worker says that it has it: one that dies before loses no connection. */
  take(socket: Socket): void {
    this.connections++;
    this.#onItsWay = socket;
    this.takingSince = this.#now();
    const message: ToWorker = { kind: 'connection' };
    if (this.#child.connected) this.#child.send(message, socket, { keepOpen: true }, () => undefined);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #heard(raw: unknown): void {
    const message = parseFromWorker(raw);
    if (message === undefined) return;
    if (message.kind === 'taken' || message.kind === 'told') this.connections = message.connections;
    if (message.kind === 'told') this.report = message.report;
    if (message.kind === 'metrics') {
      this.metrics = message.state;
      this.awaitsMetrics = false;
    }
    if (message.kind === 'taken') {
      // Only our handle: the connection is the worker's now.
      this.#onItsWay?.destroy();
      this.#onItsWay = undefined;
      this.takingSince = undefined;
    }
    this.#said(message);
  }
}
