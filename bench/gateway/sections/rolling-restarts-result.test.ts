import { expect, test } from '@jest/globals';
import type { LoadResult } from '../rig/load.ts';
import { judge } from '../rounds/goal.ts';
import { type RollingRestartsSample, rollingRestartsResult } from './rolling-restarts-result.ts';

const latency = (p99: number) => ({ count: 1, mean: 1, min: 1, p50: 1, p90: 1, p99, p999: p99, max: p99 });
const load = (change: Partial<LoadResult> = {}): LoadResult => ({
  sent: 1_000,
  whole: 1_000,
  seconds: 1,
  cpuSeconds: 0.1,
  bodyBytes: 1,
  statuses: { '200': 1_000 },
  errors: { connect: 0, lost: 0, malformed: 0, timeout: 0 },
  stream: { frames: 0, lost: 0, disordered: 0, changed: 0, unfinished: 0, brokenOff: 0, other: 0 },
  latencyUs: latency(2_000),
  firstByteUs: null,
  frameDelayUs: null,
  ...change,
});
const sample = (change: Partial<RollingRestartsSample> = {}): RollingRestartsSample => ({
  calm: load(),
  restarted: load(),
  streams: load(),
  restartSeconds: [1, 2, 3],
  listenDrops: 0,
  ...change,
});
const values = (of: RollingRestartsSample) =>
  rollingRestartsResult(of, 3, []).rows.map(({ measured }) => (measured.kind === 'measured' ? measured.value : null));

test('nothing lost is none, and the same p99 is no rise', () => {
  expect(values(sample())).toEqual([0, 0]);
  expect(rollingRestartsResult(sample(), 3, []).problems).toEqual([]);
});

test.each<{ name: string; change: Partial<RollingRestartsSample>; lost: number }>([
  {
    name: 'a refused connection',
    change: { streams: load({ errors: { connect: 1, lost: 0, malformed: 0, timeout: 0 } }) },
    lost: 1,
  },
  { name: 'a request that was cut', change: { restarted: load({ statuses: { '200': 998 } }) }, lost: 2 },
  {
    name: 'an error status',
    change: { restarted: load({ statuses: { '200': 999, '503': 1 } }) },
    lost: 1,
  },
  {
    name: 'a stream that ended in an error event, counted once',
    change: {
      streams: load({
        stream: { frames: 0, lost: 4, disordered: 0, changed: 0, unfinished: 1, brokenOff: 1, other: 0 },
      }),
    },
    lost: 1,
  },
])('$name is lost', ({ change, lost }) => {
  const result = rollingRestartsResult(sample(change), 3, []);
  expect(values(sample(change))[0]).toBe(lost);
  expect(result.rows.map((row) => judge(row).kind)[0]).toBe('missed');
});

test('a rise of p99 is told against the calm before', () => {
  expect(values(sample({ restarted: load({ latencyUs: latency(2_500) }) }))[1]).toBeCloseTo(25);
});

test('fewer restarts than wanted are told in the row and the notes', () => {
  const { rows, notes } = rollingRestartsResult(sample(), 100, []);
  expect(rows[0]?.goal.what).toContain('3 restarts');
  expect(notes[0]).toContain('--rounds 100');
});
