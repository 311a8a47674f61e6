export type EndReason = 'stop' | 'length' | 'abort';

/** One sequence to generate; the caller already knows its text and only waits to be told when each token comes. */
export type Job = {
  /** UTF-8, for the prefix cache. */
  readonly prompt: Uint8Array;
  readonly promptTokens: number;
  /** 0 for a pooling request. */
  readonly outputTokens: number;
  readonly finishReason: 'stop' | 'length';
  readonly maxTokens: number;
  /** How many sequences its request asked for. */
  readonly choices: number;
  /** Whose KV blocks are apart from the base model's. */
  readonly adapter: string | null;
  /** Kept out of the batch that long. */
  readonly delayMs: number;
  onAdmitted(cachedTokens: number): void;
  onToken(index: number): void;
  onEnd(reason: EndReason): void;
};

/** A job in the engine, with its timestamps in ms. */
export type Running = {
  readonly id: number;
  readonly job: Job;
  readonly arrivedAt: number;
  readonly blockKeys: readonly number[];
  admittedAt: number | undefined;
  cachedTokens: number;
  firstTokenAt: number | undefined;
  lastTokenAt: number | undefined;
  produced: number;
};

export function arrived(id: number, job: Job, blockKeys: readonly number[], arrivedAt: number): Running {
  const nothingYet = { admittedAt: undefined, firstTokenAt: undefined, lastTokenAt: undefined };
  return { id, job, arrivedAt, blockKeys, ...nothingYet, cachedTokens: 0, produced: 0 };
}

export function adapterNames(jobs: readonly (Running | undefined)[]): string[] {
  return [...new Set(jobs.map((running) => running?.job.adapter).filter((name) => name != null))];
}
