import { describe, expect, test } from '@jest/globals';
import { hashText } from '../routing/hash.ts';
import { isSampled } from './is-sampled.ts';

const tenth = { basisPoints: 1_000, revisionId: 'rev-2' };
const callers = Array.from({ length: 20_000 }, (_, index) => hashText(`key-${index}`));

describe('which requests are copied', () => {
  test.each([
    { name: 'chance below the share', share: tenth, chance: 0.0999, want: true },
    { name: 'chance at the share', share: tenth, chance: 0.1, want: false },
    { name: 'all of them', share: { ...tenth, basisPoints: 10_000 }, chance: 0.999_999, want: true },
    { name: 'none of them', share: { ...tenth, basisPoints: 0 }, chance: 0, want: false },
  ])('$name', ({ share, chance, want }) => {
    expect(isSampled(share, null, chance)).toBe(want);
  });

  test('a caller who is kept on a revision is copied always or never, whatever chance says', () => {
    for (const caller of callers.slice(0, 100))
      expect(isSampled(tenth, caller, 0)).toBe(isSampled(tenth, caller, 0.999));
  });

  test('of such callers the share is copied', () => {
    const copied = callers.filter((caller) => isSampled(tenth, caller, 0)).length;
    expect(Math.abs(copied / callers.length - 0.1)).toBeLessThan(0.01);
  });

  test('a larger share only ever adds callers', () => {
    const fifth = { ...tenth, basisPoints: 2_000 };
    for (const caller of callers) if (isSampled(tenth, caller, 0)) expect(isSampled(fifth, caller, 0)).toBe(true);
  });
});
