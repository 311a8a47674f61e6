/**
 * Continuous batching as a pure function: a batch goes in, what one engine step does comes out. No clock, no sockets.
 * A sequence is *waiting* until a slot and the KV room for its whole length are free, then *running* until it has
 * produced all its tokens. The whole length is reserved because this engine never preempts.
 */
export type Sequence = {
  readonly id: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Prompt tokens in the KV cache so far, those found by prefix included. */
  readonly prefilled: number;
  readonly produced: number;
};

export type Batch = { readonly waiting: readonly Sequence[]; readonly running: readonly Sequence[] };

export const emptyBatch: Batch = { waiting: [], running: [] };

export type Limits = {
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  readonly kvCapacityTokens: number;
  readonly blockSize: number;
  readonly prefillMsPerToken: number;
  readonly decodeMsPerToken: number;
  /** How much longer a decode step takes when all slots are in use: 0.5 is half as long again. */
  readonly batchSlowdown: number;
};

export type Step = {
  readonly batch: Batch;
  readonly admitted: readonly Sequence[];
  /** Prompt tokens computed for each running sequence, by its place; 0 for those that decode. */
  readonly prefill: ReadonlyMap<number, number>;
  readonly decoding: number;
  readonly prefillTokens: number;
  readonly durationMs: number;
};

export type StepOutcome = {
  readonly batch: Batch;
  /** Whose prompt is now wholly in the KV cache. */
  readonly prefilled: readonly number[];
  /** Who got a token in this step; `produced` counts it. */
  readonly produced: readonly Sequence[];
  readonly finished: readonly Sequence[];
};

function inBlocks(tokens: number, blockSize: number): number {
  return Math.ceil(tokens / blockSize) * blockSize;
}

function reservedTokens(sequence: Sequence, blockSize: number): number {
  return inBlocks(sequence.promptTokens + sequence.outputTokens, blockSize);
}

export function kvUsage(batch: Batch, limits: Pick<Limits, 'kvCapacityTokens' | 'blockSize'>): number {
  let used = 0;
  for (const { prefilled, produced } of batch.running) used += inBlocks(prefilled + produced, limits.blockSize);
  return used / limits.kvCapacityTokens;
}

function admit(batch: Batch, limits: Limits, cachedTokensOf: (id: number) => number) {
  let room = limits.kvCapacityTokens;
  for (const sequence of batch.running) room -= reservedTokens(sequence, limits.blockSize);
  const admitted: Sequence[] = [];
  for (const sequence of batch.waiting) {
    const needed = reservedTokens(sequence, limits.blockSize);
    // First come, first served: a small one does not overtake a large one that has to wait for room.
    if (batch.running.length + admitted.length >= limits.maxNumSeqs || needed > room) break;
    room -= needed;
    admitted.push({ ...sequence, prefilled: cachedTokensOf(sequence.id) });
  }
  if (admitted.length === 0) return { batch, admitted };
  return {
    batch: { waiting: batch.waiting.slice(admitted.length), running: [...batch.running, ...admitted] },
    admitted,
  };
}

/** Undefined when there is nothing to do. `cachedTokensOf` is asked once for each newly admitted sequence. */
export function beginStep(before: Batch, limits: Limits, cachedTokensOf: (id: number) => number): Step | undefined {
  const { batch, admitted } = admit(before, limits, cachedTokensOf);
  if (batch.running.length === 0) return undefined;
  const isDecoding = (sequence: Sequence) => sequence.prefilled === sequence.promptTokens;
  const decoding = batch.running.filter(isDecoding).length;
  // Decoding comes first; prompts share what is left of the step's token budget, in chunks.
  let budget = Math.max(1, limits.maxNumBatchedTokens - decoding);
  const prefill = new Map<number, number>();
  let prefillTokens = 0;
  for (const sequence of batch.running) {
    if (isDecoding(sequence)) continue;
    const chunk = Math.min(budget, sequence.promptTokens - sequence.prefilled);
    if (chunk === 0) break;
    budget -= chunk;
    prefillTokens += chunk;
    prefill.set(sequence.id, chunk);
  }
  const slowdown = 1 + (limits.batchSlowdown * decoding) / limits.maxNumSeqs;
  const decodeMs = decoding === 0 ? 0 : limits.decodeMsPerToken * slowdown;
  const durationMs = prefillTokens * limits.prefillMsPerToken + decodeMs;
  return { batch, admitted, prefill, decoding, prefillTokens, durationMs };
}

export function finishStep(step: Step): StepOutcome {
  const running: Sequence[] = [];
  const prefilled: number[] = [];
  const produced: Sequence[] = [];
  const finished: Sequence[] = [];
  for (const before of step.batch.running) {
    const chunk = step.prefill.get(before.id) ?? 0;
    const isStillPrefilling = before.prefilled + chunk < before.promptTokens;
    if (isStillPrefilling) {
      running.push(chunk === 0 ? before : { ...before, prefilled: before.prefilled + chunk });
      continue;
    }
    if (chunk > 0) prefilled.push(before.id);
    // The step that ends the prompt also gives the first token; a pooling request wants none.
    const gives = before.outputTokens > 0 ? 1 : 0;
    const after = { ...before, prefilled: before.promptTokens, produced: before.produced + gives };
    if (gives === 1) produced.push(after);
    (after.produced >= after.outputTokens ? finished : running).push(after);
  }
  return { batch: { waiting: step.batch.waiting, running }, prefilled, produced, finished };
}

export function withArrival(batch: Batch, arrival: Sequence): Batch {
  return { ...batch, waiting: [...batch.waiting, arrival] };
}

export function without(batch: Batch, id: number): Batch {
  const isOther = (sequence: Sequence) => sequence.id !== id;
  return { waiting: batch.waiting.filter(isOther), running: batch.running.filter(isOther) };
}
