import { expect, test } from '@jest/globals';
import { timeoutMs } from './deadline.ts';

test.each([
  ['30', 30_000],
  ['0.5', 500],
  ['2s', 2_000],
  ['500ms', 500],
  [' 7 s ', 7_000],
  ['0', undefined],
  ['-1', undefined],
  ['1e3', undefined],
  ['soon', undefined],
  ['', undefined],
  ['99999999999', undefined],
])('a time-out of %j is %j ms', (text, want) => {
  expect(timeoutMs(text)).toBe(want);
});
