import { expect, test } from '@jest/globals';
import type { RunningContender } from '../contenders/contender.ts';
import { takeTurns, valuesOf } from './take-turns.ts';

const running = (name: RunningContender['name']): RunningContender => ({
  name,
  port: 1,
  pid: undefined,
  headers: {},
  stop: async () => {},
});

test('contenders take turns, and the first round only warms up', async () => {
  const order: string[] = [];
  const measure = async ({ name }: RunningContender, isWarmUp: boolean): Promise<number> => {
    order.push(`${name}${isWarmUp ? ' warm' : ''}`);
    return order.length;
  };
  const samples = await takeTurns([running('gateway'), running('nginx')], 2, measure, () => {});
  expect(order).toEqual(['gateway warm', 'nginx warm', 'gateway', 'nginx', 'gateway', 'nginx']);
  expect(valuesOf(samples, 'gateway', (n) => n)).toEqual([3, 5]);
  expect(valuesOf(samples, 'nginx', (n) => n)).toEqual([4, 6]);
  expect(valuesOf(samples, 'haproxy', (n) => n)).toEqual([]);
});
