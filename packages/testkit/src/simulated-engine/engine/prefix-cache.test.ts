import { expect, test } from '@jest/globals';
import { blockKeys, PrefixCache } from './prefix-cache.ts';

const keysOf = (text: string, salt = 0) => blockKeys(Buffer.from(text), 1, salt);

test('like prefixes have like keys up to the block where they differ', () => {
  const [a, b] = [keysOf('onetwothreefour!'), keysOf('onetwothreeFOUR!')];
  expect(a).toHaveLength(4);
  expect(a.map((key, i) => key === b[i])).toEqual([true, true, false, false]);
  expect(keysOf('onetwothreefour!', 1)[0]).not.toBe(a[0]);
});

test('hits end at the first block that is not there', () => {
  const cache = new PrefixCache(10);
  cache.add([1, 2, 3]);
  expect(cache.hits([1, 2, 9, 3])).toBe(2);
});

test('the least recently used block goes first', () => {
  const cache = new PrefixCache(2);
  cache.add([1]);
  cache.add([2]);
  cache.add([1]);
  cache.add([3]);
  expect([1, 2, 3].map((key) => cache.hits([key]))).toEqual([1, 0, 1]);
});
