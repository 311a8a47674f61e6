import { describe, expect, test } from '@jest/globals';
import { requests, ttftHistogram } from '../../../testkit/src/builders/index.ts';
import { TTFT_BOUNDS_MS } from '../gateways/gateway-report.ts';
import { countsSince, NO_COUNTS, ttftQuantile } from './revision-counts.ts';

describe('counts since a baseline', () => {
  test('are what came after it', () => {
    const since = countsSince(
      { ...requests(50, { errors: 5, ttftMs: [100] }), rescued: 3, cancelled: 2 },
      { ...requests(20, { errors: 4, ttftMs: [100] }), rescued: 1, cancelled: 2 },
    );
    expect(since).toEqual({ ...requests(30, { errors: 1, ttftMs: [100] }), rescued: 2, cancelled: 0 });
  });

  test('are nothing when nothing came', () => {
    expect(countsSince(requests(50), requests(50))).toEqual(NO_COUNTS);
  });

  test.each<{ name: string; now: ReturnType<typeof requests>; baseline: ReturnType<typeof requests> }>([
    { name: 'requests', now: requests(10), baseline: requests(50) },
    { name: 'errors', now: requests(90, { errors: 1 }), baseline: requests(50, { errors: 20 }) },
    { name: 'first tokens', now: requests(90, { ttftMs: [300] }), baseline: requests(50, { ttftMs: [10] }) },
  ])('are unknown altogether when $name were counted anew', ({ now, baseline }) => {
    expect(countsSince(now, baseline)).toEqual(NO_COUNTS);
  });

  test('no counts have a bucket per bound and one beyond', () => {
    expect(NO_COUNTS.ttftCounts).toHaveLength(TTFT_BOUNDS_MS.length + 1);
  });
});

describe('a quantile of time to first token', () => {
  /** Eighty streams within 60 to 80 ms, twenty within 100 to 150 ms. */
  const mixed = ttftHistogram([...Array(80).fill(70), ...Array(20).fill(120)]);

  test.each<{ name: string; counts: readonly number[]; q: number; want: number | null }>([
    { name: 'is unknown without a stream', counts: NO_COUNTS.ttftCounts, q: 0.95, want: null },
    { name: 'is unknown where nothing was counted at all', counts: [], q: 0.95, want: null },
    { name: 'lies within its bucket as far as its rank does', counts: mixed, q: 0.4, want: 70 },
    { name: 'is the bucket’s end at its last stream', counts: mixed, q: 0.8, want: 80 },
    { name: 'goes on in the next bucket that has streams', counts: mixed, q: 0.95, want: 137.5 },
    { name: 'is the last bucket’s end at 1', counts: mixed, q: 1, want: 150 },
    { name: 'starts from zero in the first bucket', counts: ttftHistogram([1, 1, 1, 1]), q: 0.5, want: 0.5 },
    { name: 'is the last bound for streams beyond it', counts: ttftHistogram([90_000]), q: 0.95, want: 60_000 },
  ])('$name', ({ counts, q, want }) => {
    if (want === null) expect(ttftQuantile(counts, q)).toBeNull();
    else expect(ttftQuantile(counts, q)).toBeCloseTo(want, 9);
  });
});
