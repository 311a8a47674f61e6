import { describe, expect, test } from '@jest/globals';
import { type LimitUses, usesAfter } from './limit-uses.ts';

const tokens = (used: number) => [{ id: 'tokens', used }];
const repeated = (times: number, used: number, start: LimitUses = {}) =>
  Array.from({ length: times }).reduce<LimitUses>((uses) => usesAfter(uses, tokens(used), 1_000), start);

describe('uses of limits', () => {
  test('come to what is used per second', () => {
    expect(repeated(120, 50).tokens).toBeCloseTo(50, 1);
  });

  test('of one second change little, and fade when nothing more comes', () => {
    const busy = repeated(120, 50);
    const pause = usesAfter(busy, [], 1_000).tokens ?? 0;
    expect(pause).toBeGreaterThan(45);
    expect(usesAfter(busy, [], 30_000).tokens).toBeLessThan(8);
    expect(usesAfter(busy, [], 300_000)).toEqual({});
  });

  test('are the same however the time is cut into reports', () => {
    const whole = usesAfter({}, tokens(10), 1_000).tokens ?? 0;
    const halves = usesAfter(usesAfter({}, tokens(5), 500), tokens(5), 500).tokens ?? 0;
    expect(halves / whole).toBeCloseTo(1, 1);
  });

  test('are not changed by a report that came twice', () => {
    const before = repeated(5, 50);
    expect(usesAfter(before, tokens(50), 0)).toBe(before);
  });

  test('of a limit that is named twice are added', () => {
    const twice = usesAfter({}, [...tokens(1), ...tokens(2)], 1_000);
    expect(twice.tokens).toBeCloseTo(usesAfter({}, tokens(3), 1_000).tokens ?? 0);
  });
});
