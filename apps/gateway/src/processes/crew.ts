import type { Socket } from 'node:net';
import type { Logger } from '@signalbox/runtime';
import type { Awaited } from './awaited.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { isHung, listeningSince, quickDeathsAfter, restartDelayMs } from './supervision.ts';
import { type WorkerPhase, WorkerProcess, type WorkerProgram } from './worker-process.ts';

const watchEveryMs = 500;
/** For a worker whose time to finish is over: to end its streams and to say its last words. */
const lastWordsMs = 5_000;

export interface CrewOptions {
  size: number;
  program: WorkerProgram;
  monotonicMs: () => number;
  log: Logger;
  awaited: Awaited;
  said: (worker: WorkerProcess, message: FromWorker) => void;
  ended: (worker: WorkerProcess, waiting: Socket | undefined) => void;
  /** What a new worker must know first. */
  welcome: (worker: WorkerProcess) => void;
}

/** Always has a worker, whichever process that is just now. */
export interface Place {
  readonly number: number;
  worker: WorkerProcess | undefined;
  quickDeaths: number;
  restart: NodeJS.Timeout | undefined;
}

/** The worker processes: started, watched, and replaced when they end or hang. */
export class Crew {
  readonly places: readonly Place[];
  readonly #options: CrewOptions;
  readonly #all = new Set<WorkerProcess>();
  #watch: NodeJS.Timeout | undefined;
  #watchedAt = 0;
  #listeningSince = 0;
  #isClosing = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.places = Array.from({ length: options.size }, (_, number) => ({
      number,
      worker: undefined,
      quickDeaths: 0,
      restart: undefined,
    }));
  }

  open(): void {
    this.#watchedAt = this.#options.monotonicMs();
    this.#watch = setInterval(() => this.#lookAfter(), watchEveryMs);
    for (const place of this.places) place.worker = this.start(place);
  }

  in(phase: WorkerPhase): WorkerProcess[] {
    return [...this.#all].filter((worker) => worker.phase === phase);
  }

  has(worker: WorkerProcess): boolean {
    return this.#all.has(worker);
  }

  tell(message: ToWorker): void {
    for (const worker of this.#all) worker.send(message);
  }

  start({ number }: Place): WorkerProcess {
    const worker: WorkerProcess = new WorkerProcess(
      this.#options.program,
      number,
      {
        said: (message) => this.#options.said(worker, message),
        ended: (how, waiting) => this.#ended(worker, how, waiting),
      },
      this.#options.monotonicMs,
    );
    this.#all.add(worker);
    this.#options.welcome(worker);
    return worker;
  }

  letGo(worker: WorkerProcess, timeoutMs: number): void {
    worker.phase = 'leaving';
    worker.leavesBy = this.#options.monotonicMs() + timeoutMs + lastWordsMs;
    worker.send({ kind: 'drain', timeoutMs });
  }

  /** Ends all of them, and replaces none any more. */
  async close(timeoutMs: number): Promise<void> {
    const { awaited } = this.#options;
    this.#isClosing = true;
    for (const place of this.places) clearTimeout(place.restart);
    for (const worker of this.#all) {
      if (worker.phase === 'starting') worker.kill();
      else this.letGo(worker, timeoutMs);
    }
    // The watch sees to those that do not leave in time.
    await awaited.until(() => this.#all.size === 0);
    clearInterval(this.#watch);
  }

  #ended(worker: WorkerProcess, how: string, waiting: Socket | undefined): void {
    const { monotonicMs, log, ended, awaited } = this.#options;
    this.#all.delete(worker);
    const livedMs = Math.round(monotonicMs() - worker.startedAt);
    const facts = { pid: worker.pid, how, livedMs };
    if (worker.phase === 'leaving') log.info('worker left', facts);
    else log.warn('a worker ended unasked', facts);
    const place = this.places.find((candidate) => candidate.worker === worker);
    if (place !== undefined && !this.#isClosing) this.#refill(place, livedMs);
    ended(worker, waiting);
    awaited.changed();
  }

  #refill(place: Place, livedMs: number): void {
    place.worker = undefined;
    place.quickDeaths = quickDeathsAfter(place.quickDeaths, livedMs);
    place.restart = setTimeout(() => {
      place.worker = this.start(place);
    }, restartDelayMs(place.quickDeaths));
  }

  #lookAfter(): void {
    const { monotonicMs, log } = this.#options;
    const now = monotonicMs();
    this.#listeningSince = listeningSince(this.#listeningSince, this.#watchedAt, now);
    this.#watchedAt = now;
    for (const worker of this.#all) {
      const hangs = isHung(worker, this.#listeningSince, now);
      if (!hangs && now < worker.leavesBy) continue;
      const { pid } = worker;
      log.error(hangs ? 'a worker hangs and is killed' : 'a worker did not leave in time and is killed', { pid });
      worker.kill();
    }
  }
}
