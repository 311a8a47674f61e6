import { describe, expect, test } from '@jest/globals';
import { hashBytes, hashText } from './hash.ts';

describe('short hashes', () => {
  test('of bytes where they stand, as of the text they are', () => {
    const body = Buffer.from('{"user":"caller-7"}');
    expect(hashBytes(body, 9, 17)).toBe(hashText('caller-7'));
    expect(hashBytes(body, 9, 17, 5)).toBe(hashText('caller-7', 5));
    expect(hashBytes(body, 9, 16)).not.toBe(hashText('caller-7'));
  });

  test('texts that differ in one letter differ in half of their bits', () => {
    let bits = 0;
    for (let at = 0; at < 1_000; at++)
      for (let rest = hashText(`a-${at}`) ^ hashText(`b-${at}`); rest !== 0; rest &= rest - 1) bits++;
    expect(Math.abs(bits - 16_000)).toBeLessThan(500);
  });
});
