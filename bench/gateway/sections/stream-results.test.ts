import { expect, test } from '@jest/globals';
import { longPromptsResult } from './long-prompts-result.ts';
import { openStreamsResult } from './open-streams-result.ts';
import { saturationResult } from './saturation-result.ts';
import { type StreamSample, streamsResult } from './streams-result.ts';

const kib = 1_024;
const once = (value: number) => ({ kind: 'measured', value, low: value, high: value });

test('paced streams: CPU per frame beside nginx, time to first token beside direct, lost frames of all rounds', () => {
  const sample = (cpuUs: number, firstByteP99Us: number, lost = 0): StreamSample => {
    return { cpuUs, firstByteP99Us, firstByteP50Us: 1, framesPerSecond: 25_000, lost, changed: 0 };
  };
  const { rows } = streamsResult(
    new Map([
      ['direct', [sample(0, 20_100), sample(0, 20_200)]],
      ['gateway', [sample(16, 20_900, 1), sample(30, 20_500, 2)]],
      ['nginx', [sample(10, 20_300), sample(15, 20_300)]],
    ]),
    [],
  );
  expect(rows.map(({ measured }) => measured)).toEqual([
    { kind: 'measured', value: 1.6, low: 1.6, high: 2 },
    { kind: 'measured', value: 300, low: 300, high: 800 },
    once(3),
  ]);
});

test('saturation: frames for a second of CPU, and delay in milliseconds beside direct', () => {
  const { rows } = saturationResult(
    new Map([['gateway', [{ perCpuSecond: 80_000, perSecond: 70_000, lost: 0 }]]]),
    new Map([
      ['direct', [{ p50Us: 10, p99Us: 1_000 }]],
      ['gateway', [{ p50Us: 60, p99Us: 5_000 }]],
    ]),
    48_000,
    [],
  );
  expect(rows.map(({ measured }) => measured)).toEqual([once(80_000), once(4), once(0)]);
});

test('open streams: memory above the idle process, shared among the streams', () => {
  const { rows } = openStreamsResult(
    new Map([['gateway', [{ idleBytes: 50_000 * kib, openBytes: 130_000 * kib, cpuUs: 1, lost: 0 }]]]),
    8_000,
    [],
  );
  expect(rows.map(({ measured }) => measured)).toEqual([once(10), once(0)]);
});

test('open streams: a round in which they were never open at once has no memory figure', () => {
  const { rows } = openStreamsResult(
    new Map([['gateway', [{ idleBytes: 50, openBytes: 0, cpuUs: 1, lost: 5 }]]]),
    8_000,
    [],
  );
  expect(rows[0]?.measured).toMatchObject({ kind: 'notMeasured' });
  expect(rows[1]?.measured).toEqual(once(5));
});

test('long prompts: requests for a second of CPU, which direct does not have', () => {
  const sample = (perCpuSecond: number, firstByteP99Us: number) => {
    return { perCpuSecond, perSecond: 1, firstByteP50Us: 1, firstByteP99Us };
  };
  const { rows, figures } = longPromptsResult(
    new Map([
      ['direct', [sample(Number.POSITIVE_INFINITY, 500)]],
      ['gateway', [sample(2_400, 4_500)]],
    ]),
    [],
  );
  expect(rows.map(({ measured }) => measured)).toEqual([once(2_400), once(4)]);
  expect(figures.find(({ name }) => name === 'direct, per second of CPU')?.samples).toEqual([]);
});
