import { describe, expect, test } from '@jest/globals';
import type { Asked } from '../rig/open-callers.ts';
import { busyMs, type LimitsRun, limitsResult, tokensOfBusiestMinute } from './limits-result.ts';

/** A request of 100 tokens that takes a second, and its first token half of that. */
function asked(dueAt: number, change: Partial<Asked> = {}): Asked {
  const work = { input: 50, output: 50, firstMs: 500, perTokenMs: 10 };
  return {
    work,
    dueAt,
    sentAt: dueAt,
    firstAt: dueAt + 500,
    endedAt: dueAt + 1_000,
    status: 200,
    isWhole: true,
    isRefused: false,
    ...change,
  };
}

const refused = (dueAt: number): Asked =>
  asked(dueAt, { status: 429, isRefused: true, firstAt: dueAt, endedAt: dueAt + 1 });

describe('tokens of the busiest minute', () => {
  test('are of the 60 s that hold most, wherever they begin', () => {
    const sent = [0, 30_000, 59_999, 60_000, 89_999, 90_001].map((at) => asked(at));
    // From 30,000 on: four. From 60,000 on they are fewer.
    expect(tokensOfBusiestMinute(sent)).toBe(400);
  });

  test('are those of whole answers alone', () => {
    expect(tokensOfBusiestMinute([asked(0), refused(1), asked(2, { isWhole: false })])).toBe(100);
  });
});

test('slots are busy for what of an answer’s time lies between the two moments', () => {
  expect(busyMs([asked(0)], 0, 2_000)).toBe(1_000);
  expect(busyMs([asked(0)], 600, 2_000)).toBe(400);
  expect(busyMs([asked(1_500)], 0, 2_000)).toBe(500);
  expect(busyMs([asked(3_000)], 0, 2_000)).toBe(0);
  // Whole seconds of waiting are not work.
  expect(busyMs([asked(0, { endedAt: 5_000 })], 0, 10_000)).toBe(1_000);
});

const every = (from: number, to: number, stepMs: number, change: Partial<Asked> = {}): Asked[] =>
  Array.from({ length: (to - from) / stepMs }, (_, i) => asked(from + i * stepMs, change));

const late = (by: number): Asked[] =>
  every(0, 10_000, 100).map((one) => ({ ...one, firstAt: one.dueAt + 500 + by, endedAt: one.dueAt + 1_000 + by }));

function runOf(change: Partial<LimitsRun> = {}): LimitsRun {
  return {
    slots: 20,
    limited: { asked: [...every(0, 10_000, 100), refused(10_000)], tokensPerMinute: 10_000 },
    overload: { seconds: 10, unloaded: late(0), critical: late(50), others: [...every(0, 10_000, 100), refused(5)] },
    flood: { seconds: 10, flooding: every(0, 10_000, 100), modest: every(0, 10_000, 100) },
    crowded: 0,
    ...change,
  };
}

const values = (run: LimitsRun) =>
  limitsResult(run).rows.map(({ measured }) => (measured.kind === 'measured' ? measured.value : measured.because));

test('a limit that was met to the token, a wait of a tenth, full slots and equal shares', () => {
  expect(values(runOf())).toEqual([0, 1.1, expect.closeTo(1, 1), 0]);
  expect(limitsResult(runOf()).problems).toEqual([]);
});

test('a limit that was passed is told in percent', () => {
  const limited = { asked: [...every(0, 10_300, 100), refused(10_300)], tokensPerMinute: 10_000 };
  expect(values(runOf({ limited }))[0]).toBeCloseTo(3, 9);
});

test('a limit that nothing reached shows nothing', () => {
  const limited = { asked: every(0, 1_000, 100), tokensPerMinute: 10_000 };
  expect(values(runOf({ limited }))[0]).toBe('the limit was never reached');
});

test('two tenants of which one gets twice as much are a third apart', () => {
  const flood = { seconds: 10, flooding: every(0, 10_000, 50), modest: every(0, 10_000, 100) };
  expect(values(runOf({ flood }))[3]).toBeCloseTo(100 / 3, 9);
});

test('what was neither answered nor refused is a problem, and so is a replica that got too many', () => {
  const limited = { asked: [asked(0, { status: 502 }), asked(1, { isWhole: false })], tokensPerMinute: 1 };
  expect(limitsResult(runOf({ limited, crowded: 3 })).problems).toEqual([
    'limits: 2 requests were neither answered nor refused',
    'limits: 3 requests were sent to a replica without a free slot',
  ]);
});

test('callers that were late themselves say that the machine was busy', () => {
  const critical = late(0).map((one) => ({ ...one, sentAt: one.dueAt + 70 }));
  const overload = { seconds: 10, unloaded: late(0), critical, others: [] };
  expect(limitsResult(runOf({ overload })).problems).toEqual([
    'limits: the machine is too busy: requests were sent 70 ms late',
  ]);
});
