import { describe, expect, test } from '@jest/globals';
import { bestOf, difference, isNoisy, measured, perRound, ratio, spreadShare, total } from './rounds.ts';

describe('rounds', () => {
  test('are told by their median and range', () => {
    expect(measured([3, 1, 2])).toEqual({ kind: 'measured', value: 2, low: 1, high: 3 });
  });

  test('none is not measured', () => {
    expect(measured([], 'it broke')).toEqual({ kind: 'notMeasured', because: 'it broke' });
    expect(total([])).toMatchObject({ kind: 'notMeasured' });
  });

  test('counts add up over all of them', () => {
    expect(total([0, 2, 0])).toEqual({ kind: 'measured', value: 2, low: 2, high: 2 });
  });

  test('compare only with the same round: a machine half as fast in the second changes no ratio', () => {
    expect(perRound([15, 30], [10, 20], ratio)).toEqual([1.5, 1.5]);
    expect(perRound([15, 30], [10, 20], difference)).toEqual([5, 10]);
  });

  test('without a counterpart fall away', () => {
    expect(perRound([15, 30], [10], ratio)).toEqual([1.5]);
  });

  test('have their best contender each', () => {
    expect(bestOf([[9, 1], [5, 7], [6]])).toEqual([5]);
    expect(bestOf([])).toEqual([]);
  });

  test.each([
    { name: 'a spread of 15 % of the median is quiet', values: [100, 92.5, 107.5], noisy: false },
    { name: 'a wider one is noisy', values: [100, 92, 108], noisy: true },
    { name: 'unknown is noisy', values: [], noisy: true },
  ])('$name', ({ values, noisy }) => {
    expect(isNoisy(spreadShare(values))).toBe(noisy);
  });
});
