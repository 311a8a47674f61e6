import { expect, test } from '@jest/globals';
import type { ContenderName } from '../contenders/contender.ts';
import { type LatencySample, latencyResult } from './latency-result.ts';

const of = (p50: number, p99: number, p999: number): LatencySample => ({ alone: p50, p50, p99, p999 });
const rowsOf = (samples: [ContenderName, LatencySample[]][]) =>
  latencyResult(new Map(samples), 1_000, []).rows.map(({ measured }) => measured);

test('added latency is what is above direct in the same round', () => {
  const rows = rowsOf([
    ['direct', [of(50, 100, 200), of(60, 200, 900)]],
    ['gateway', [of(150, 350, 1_200), of(180, 500, 3_900)]],
    ['nginx', [of(100, 300, 900), of(160, 400, 950)]],
  ]);
  expect(rows).toEqual([
    { kind: 'measured', value: 1.2, low: 1.2, high: 2 },
    { kind: 'measured', value: 250, low: 250, high: 300 },
    { kind: 'measured', value: 1_000, low: 1_000, high: 3_000 },
  ]);
});

test.each([
  { name: 'a quiet machine needs no word', p99: 90, want: false },
  { name: 'where direct alone is beyond the goal, that is said', p99: 900, want: true },
])('$name', ({ p99, want }) => {
  const { notes } = latencyResult(new Map([['direct', [of(50, p99, 1_000)]]]), 1_000, []);
  expect(notes.some((note) => note.startsWith('NOISY'))).toBe(want);
});

test('where nginx adds nothing there is no ratio', () => {
  const rows = rowsOf([
    ['direct', [of(100, 100, 200)]],
    ['gateway', [of(150, 350, 1_200)]],
    ['nginx', [of(90, 300, 900)]],
  ]);
  expect(rows[0]?.kind).toBe('notMeasured');
});
