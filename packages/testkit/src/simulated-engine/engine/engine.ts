import type { EngineClock } from '../clock.ts';
import type { EngineMetrics } from '../metrics/engine-metrics.ts';
import type { Job, Running } from './job.ts';
import { adapterNames, arrived } from './job.ts';
import { blockKeys, PrefixCache } from './prefix-cache.ts';
import { hash32 } from './random.ts';
import { recordAdmission, recordEnd, recordToken } from './record-job.ts';
import type { Batch, Limits, Step, StepOutcome } from './scheduler.ts';
import { beginStep, emptyBatch, finishStep, kvUsage, withArrival, without } from './scheduler.ts';

export type SleepLevel = 0 | 1 | 2;

export type EngineOptions = {
  readonly clock: EngineClock;
  readonly metrics: EngineMetrics;
  /** Asked at every step, since faults change the pace of a running engine. */
  readonly limits: () => Limits;
  readonly hasPrefixCache: boolean;
};

/** Steps in one turn of the event loop, when they take no time or a timer came late. More would starve the sockets. */
const stepsPerTurn = 16;
/** A process that was stopped for longer (SIGSTOP, a laptop asleep) goes on from now and does not catch up. */
const longestCatchUpMs = 1000;

/** Drives the scheduler: one timer for the whole batch, however many sequences it holds. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #cache: PrefixCache;
  readonly #jobs = new Map<number, Running>();
  readonly #delayed = new Map<number, () => void>();
  readonly #idleWaiters: (() => void)[] = [];
  #nextId = 1;
  #batch: Batch = emptyBatch;
  #step: { plan: Step; endsAt: number } | undefined;
  #disarm: (() => void) | undefined;
  #isInTurn = false;
  #isDraining = false;
  #sleepLevel: SleepLevel = 0;
  #cancelled = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { kvCapacityTokens, blockSize } = options.limits();
    this.#cache = new PrefixCache(Math.floor(kvCapacityTokens / blockSize));
  }

  get sleepLevel(): SleepLevel {
    return this.#sleepLevel;
  }

  get cancelled(): number {
    return this.#cancelled;
  }

  counts(): { running: number; waiting: number; deferred: number } {
    const { running, waiting } = this.#current();
    return { running: running.length, waiting: waiting.length, deferred: this.#delayed.size };
  }

  kvUsage(): number {
    return kvUsage(this.#current(), this.#options.limits());
  }

  adapters(): { running: string[]; waiting: string[] } {
    const namesOf = (sequences: Batch['running']) => adapterNames(sequences.map(({ id }) => this.#jobs.get(id)));
    const { running, waiting } = this.#current();
    return { running: namesOf(running), waiting: namesOf(waiting) };
  }

  /** The answer takes it back: the client has gone. */
  submit(job: Job): () => void {
    const { clock, hasPrefixCache, limits } = this.#options;
    const id = this.#nextId;
    this.#nextId += 1;
    const salt = job.adapter === null ? 0 : hash32(job.adapter);
    const keys = hasPrefixCache ? blockKeys(job.prompt, limits().blockSize, salt) : [];
    this.#jobs.set(id, arrived(id, job, keys, clock.nowMs()));
    if (this.#isDraining)
      this.#delayed.set(
        id,
        clock.after(0, () => this.#abort(id)),
      );
    else if (job.delayMs > 0)
      this.#delayed.set(
        id,
        clock.after(job.delayMs, () => this.#enqueue(id)),
      );
    else this.#enqueue(id);
    return () => this.#cancel(id);
  }

  /** Aborts what is in flight, as vLLM's /sleep does by default; what arrives later waits until it is awake. */
  sleep(level: SleepLevel): void {
    this.abortAll();
    this.#sleepLevel = level;
    this.#cache.clear();
  }

  wake(): void {
    this.#sleepLevel = 0;
    this.#start();
  }

  abortAll(): void {
    for (const id of [...this.#jobs.keys()]) this.#abort(id);
  }

  resetPrefixCache(): void {
    this.#cache.clear();
  }

  /** What runs may finish within the time; what arrives from now on is aborted. Resolves when nothing is left. */
  async drain(timeoutMs: number): Promise<void> {
    this.#isDraining = true;
    if (timeoutMs <= 0) this.abortAll();
    if (this.#jobs.size === 0) return;
    const giveUp = this.#options.clock.after(timeoutMs, () => this.abortAll());
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    giveUp();
  }

  #current(): Batch {
    return this.#step?.plan.batch ?? this.#batch;
  }

  #setCurrent(batch: Batch): void {
    if (this.#step === undefined) this.#batch = batch;
    else this.#step = { ...this.#step, plan: { ...this.#step.plan, batch } };
  }

  #enqueue(id: number): void {
    const running = this.#jobs.get(id);
    this.#delayed.delete(id);
    if (running === undefined) return;
    const { promptTokens, outputTokens } = running.job;
    this.#setCurrent(withArrival(this.#current(), { id, promptTokens, outputTokens, prefilled: 0, produced: 0 }));
    this.#start();
  }

  #start(): void {
    if (this.#isInTurn || this.#step !== undefined) return;
    this.#begin(this.#options.clock.nowMs());
    this.#arm();
  }

  #begin(at: number): void {
    this.#step = undefined;
    if (this.#sleepLevel > 0) return;
    const plan = beginStep(this.#batch, this.#options.limits(), (id) => this.#cachedTokens(id));
    if (plan === undefined) return;
    for (const { id } of plan.admitted) this.#admitted(id, at);
    this.#options.metrics.observe('vllm:iteration_tokens_total', plan.prefillTokens + plan.decoding);
    this.#step = { plan, endsAt: at + plan.durationMs };
  }

  #arm(): void {
    if (this.#step === undefined) return;
    const { clock } = this.#options;
    this.#disarm = clock.after(this.#step.endsAt - clock.nowMs(), () => this.#turn());
  }

  #turn(): void {
    this.#isInTurn = true;
    for (let left = stepsPerTurn; left > 0; left -= 1) {
      const step = this.#step;
      const now = this.#options.clock.nowMs();
      if (step === undefined || step.endsAt > now) break;
      const outcome = finishStep(step.plan);
      this.#step = undefined;
      this.#batch = outcome.batch;
      this.#deliver(outcome, step.endsAt);
      // The next step starts where this one ended, not where a late timer noticed it, so the pace holds on average.
      this.#begin(Math.max(step.endsAt, now - longestCatchUpMs));
    }
    this.#isInTurn = false;
    this.#arm();
  }

  #deliver(outcome: StepOutcome, at: number): void {
    for (const id of outcome.prefilled) this.#cache.add(this.#jobs.get(id)?.blockKeys ?? []);
    for (const { id, produced } of outcome.produced) {
      const running = this.#jobs.get(id);
      // A callback of this very turn may have cancelled it.
      if (running === undefined) continue;
      recordToken(this.#options.metrics, running, at);
      running.firstTokenAt ??= at;
      running.lastTokenAt = at;
      running.produced = produced;
      running.job.onToken(produced - 1);
    }
    for (const { id } of outcome.finished) {
      const running = this.#remove(id);
      if (running === undefined) continue;
      recordEnd(this.#options.metrics, running, running.job.finishReason, at);
      running.job.onEnd(running.job.finishReason);
    }
  }

  #cachedTokens(id: number): number {
    const running = this.#jobs.get(id);
    if (running === undefined) return 0;
    const { blockSize } = this.#options.limits();
    // The last prompt token is always computed: its logits give the first output token.
    const most = Math.floor((running.job.promptTokens - 1) / blockSize) * blockSize;
    running.cachedTokens = Math.min(most, this.#cache.hits(running.blockKeys) * blockSize);
    return running.cachedTokens;
  }

  #admitted(id: number, at: number): void {
    const running = this.#jobs.get(id);
    if (running === undefined) return;
    running.admittedAt = at;
    recordAdmission(this.#options.metrics, running, this.#options.hasPrefixCache);
    running.job.onAdmitted(running.cachedTokens);
  }

  #remove(id: number): Running | undefined {
    const running = this.#jobs.get(id);
    if (running === undefined) return undefined;
    this.#jobs.delete(id);
    this.#delayed.get(id)?.();
    this.#delayed.delete(id);
    if (this.#jobs.size === 0) for (const tell of this.#idleWaiters.splice(0)) tell();
    return running;
  }

  #takeOut(id: number): Running | undefined {
    const running = this.#remove(id);
    if (running === undefined) return undefined;
    this.#setCurrent(without(this.#current(), id));
    recordEnd(this.#options.metrics, running, 'abort', this.#options.clock.nowMs());
    if (this.#step?.plan.batch.running.length === 0) this.#abandonStep();
    return running;
  }

  #cancel(id: number): void {
    if (this.#takeOut(id) !== undefined) this.#cancelled += 1;
  }

  #abort(id: number): void {
    this.#takeOut(id)?.job.onEnd('abort');
  }

  /** Nobody waits for the step any more; who waits for a slot need not wait for its end. */
  #abandonStep(): void {
    this.#disarm?.();
    this.#batch = this.#current();
    this.#step = undefined;
    this.#start();
  }
}
