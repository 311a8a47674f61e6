import { expect, test } from '@jest/globals';
import type { Batch, Limits } from './scheduler.ts';
import { beginStep, emptyBatch, finishStep, kvUsage, withArrival, without } from './scheduler.ts';

const limits: Limits = {
  maxNumSeqs: 2,
  maxNumBatchedTokens: 100,
  kvCapacityTokens: 1600,
  blockSize: 16,
  prefillMsPerToken: 1,
  decodeMsPerToken: 10,
  batchSlowdown: 0.5,
};
const nothingCached = () => 0;

function batchOf(...sizes: [promptTokens: number, outputTokens: number][]): Batch {
  return sizes.reduce<Batch>(
    (batch, [promptTokens, outputTokens], i) =>
      withArrival(batch, { id: i + 1, promptTokens, outputTokens, prefilled: 0, produced: 0 }),
    emptyBatch,
  );
}

function steps(batch: Batch, count: number, with_: Limits = limits) {
  let now = batch;
  const seen: { durationMs: number; produced: number[]; finished: number[]; waiting: number }[] = [];
  for (let i = 0; i < count; i += 1) {
    const step = beginStep(now, with_, nothingCached);
    if (step === undefined) break;
    const outcome = finishStep(step);
    now = outcome.batch;
    seen.push({
      durationMs: step.durationMs,
      produced: outcome.produced.map(({ id }) => id),
      finished: outcome.finished.map(({ id }) => id),
      waiting: now.waiting.length,
    });
  }
  return seen;
}

test('an empty batch has no step', () => {
  expect(beginStep(emptyBatch, limits, nothingCached)).toBeUndefined();
});

test('the step that ends the prompt gives the first token, then each step gives one', () => {
  expect(steps(batchOf([20, 3]), 5)).toEqual([
    { durationMs: 20, produced: [1], finished: [], waiting: 0 },
    { durationMs: 12.5, produced: [1], finished: [], waiting: 0 },
    { durationMs: 12.5, produced: [1], finished: [1], waiting: 0 },
  ]);
});

test('more than max-num-seqs wait, and enter when a slot is free', () => {
  const seen = steps(batchOf([10, 1], [10, 2], [10, 1]), 5);
  expect(seen.map(({ waiting }) => waiting)).toEqual([1, 0]);
  expect(seen.map(({ finished }) => finished)).toEqual([[1], [2, 3]]);
});

test('a long prompt is prefilled in chunks of the token budget, beside the decoding', () => {
  const seen = steps(batchOf([50, 4], [120, 1]), 4);
  // 50 and 50 of the second; then one token decoded and 70 of the second.
  expect(seen.map(({ durationMs }) => durationMs)).toEqual([100, 82.5, 12.5, 12.5]);
  expect(seen.map(({ produced }) => produced)).toEqual([[1], [1, 2], [1], [1]]);
});

test('who does not fit in the KV cache waits, and nobody overtakes', () => {
  const batch = batchOf([1000, 100], [600, 10], [10, 1]);
  const step = beginStep(batch, { ...limits, maxNumSeqs: 10 }, nothingCached);
  expect(step?.batch.running.map(({ id }) => id)).toEqual([1]);
  expect(step?.batch.waiting.map(({ id }) => id)).toEqual([2, 3]);
});

test('KV usage counts whole blocks of what has been computed', () => {
  const step = beginStep(batchOf([17, 5]), limits, nothingCached);
  if (step === undefined) throw new Error('nothing scheduled');
  expect(kvUsage(step.batch, limits)).toBe(0);
  expect(kvUsage(finishStep(step).batch, limits)).toBe(32 / 1600);
});

test('tokens found by prefix are not computed again', () => {
  const step = beginStep(batchOf([40, 1]), limits, () => 32);
  expect(step?.prefillTokens).toBe(8);
});

test('a pooling request ends with its prompt and gives no token', () => {
  expect(steps(batchOf([10, 0]), 3)).toEqual([{ durationMs: 10, produced: [], finished: [1], waiting: 0 }]);
});

test('a full batch decodes half as slow again as an empty one', () => {
  const full = steps(batchOf([1, 2], [1, 2]), 2);
  expect(full[1]?.durationMs).toBe(15);
});

test('one that is taken out leaves its slot', () => {
  const step = beginStep(batchOf([10, 5], [10, 5]), limits, nothingCached);
  if (step === undefined) throw new Error('nothing scheduled');
  expect(without(step.batch, 1).running.map(({ id }) => id)).toEqual([2]);
});
