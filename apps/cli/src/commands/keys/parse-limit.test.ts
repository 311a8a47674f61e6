import { describe, expect, test } from '@jest/globals';
import { limitsText } from '../../output/limits-text.ts';
import { parseLimit } from './parse-limit.ts';

describe('a limit on the command line', () => {
  test.each([
    ['tokens/minute=100000', { of: 'tokens', per: 'minute', amount: 100_000 }],
    ['requests/day=1', { of: 'requests', per: 'day', amount: 1 }],
    ['concurrency=8', { of: 'concurrency', per: null, amount: 8 }],
  ])('%s is one', (text, want) => expect(parseLimit(text)).toEqual(want));

  test.each([
    ['tokens/minute', 'write a quantity and a whole number above 0'],
    ['tokens/minute=0', 'write a quantity and a whole number above 0'],
    ['tokens/minute=-5', 'write a quantity and a whole number above 0'],
    ['tokens/minute=1e5', 'write a quantity and a whole number above 0'],
    ['token/minute=5', 'did you mean tokens/minute?'],
    ['tokens/hour=5', 'there is no limit of tokens/hour'],
    ['tokens=5', 'there is no limit of tokens'],
    ['concurrency/minute=5', 'there is no limit of concurrency/minute'],
    ['tokens/minute/day=5', 'there is no limit of tokens/minute/day'],
    ['=5', 'there is no limit of nothing'],
  ])('%s is none', (text, says) => expect(() => parseLimit(text)).toThrow(says));

  test('is shown as it was written, but for the sign between', () => {
    expect(limitsText([parseLimit('tokens/minute=5'), parseLimit('concurrency=2')])).toBe(
      'tokens/minute 5, concurrency 2',
    );
  });
});
