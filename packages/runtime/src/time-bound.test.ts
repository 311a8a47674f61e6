import { expect, test } from '@jest/globals';
import { createTimeBound } from './time-bound.ts';

test('work that is done in time gives its value', () => {
  expect(createTimeBound(1_000)(() => 'done')).toBe('done');
});

test('an expression that backtracks for ever is stopped, and the next work runs', () => {
  const within = createTimeBound(20);
  expect(within(() => /^(a+)+$/.test(`${'a'.repeat(60)}b`))).toBeUndefined();
  expect(within(() => /^a+$/.test('aaa'))).toBe(true);
});

test('an error of the work is its own', () => {
  expect(() =>
    createTimeBound(1_000)(() => {
      throw new RangeError('mine');
    }),
  ).toThrow(new RangeError('mine'));
});
