import { expect, test } from '@jest/globals';
import type { ContenderName } from '../contenders/contender.ts';
import { type CpuSample, throughputResult } from './throughput-result.ts';

const at = (...cpuUs: number[]): CpuSample[] => cpuUs.map((us) => ({ cpuUs: us, perSecond: 1e6 / us }));

test('ratios are of the same round, and the npm proxy is the best one of each', () => {
  const samples = new Map<ContenderName, CpuSample[]>([
    ['gateway', at(15, 30, 15)],
    ['nginx', at(10, 20, 12)],
    ['haproxy', at(10, 10, 10)],
    ['fast-proxy', at(45, 300, 60)],
    ['http-proxy', at(90, 90, 90)],
    ['portkey', at(1_500, 1_500, 900)],
  ]);
  const { rows, yardstick } = throughputResult(samples, []);
  expect(rows.map(({ measured }) => measured)).toEqual([
    { kind: 'measured', value: 1.5, low: 1.25, high: 1.5 },
    { kind: 'measured', value: 1.5, low: 1.5, high: 3 },
    { kind: 'measured', value: 3, low: 3, high: 4 },
    { kind: 'measured', value: 60, low: 50, high: 100 },
  ]);
  expect(yardstick).toEqual([10, 20, 12]);
});

test('a contender that did not run leaves its goal unmeasured', () => {
  const { rows } = throughputResult(new Map([['gateway', at(15)]]), []);
  expect(rows.map(({ measured }) => measured.kind)).toEqual(Array(4).fill('notMeasured'));
});
