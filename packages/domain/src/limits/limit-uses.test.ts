import { describe, expect, test } from '@jest/globals';
import { knownUse, type LimitUses, usesAfter } from './limit-uses.ts';

const tokens = (wanted: number, more: { held?: number; share?: number } = {}) => [
  { id: 'tokens', held: 0, wanted, share: 1, ...more },
];
const repeated = (times: number, wanted: number) =>
  Array.from({ length: times }).reduce<LimitUses | null>((uses) => usesAfter(uses, tokens(wanted), 1_000), null);
const wantedOf = (uses: LimitUses | null) => knownUse(uses ?? { others: 1, limits: {} }, 'tokens').wanted;
const told = (uses: LimitUses, sent: number): LimitUses => ({
  ...uses,
  limits: { tokens: { ...knownUse(uses, 'tokens'), sent } },
});

describe('what is wanted of a limit', () => {
  test('comes to what is wanted per second', () => {
    expect(wantedOf(repeated(60, 50))).toBeCloseTo(50, 1);
  });

  test('changes little with one second, and fades when nothing more is wanted', () => {
    const busy = repeated(60, 50);
    expect(wantedOf(usesAfter(busy, [], 1_000))).toBeGreaterThan(30);
    expect(wantedOf(usesAfter(busy, [], 10_000))).toBeLessThan(5);
    expect(wantedOf(usesAfter(busy, [], 60_000))).toBe(0);
  });

  test('is the same however the time is cut into reports', () => {
    const whole = wantedOf(usesAfter(null, tokens(10), 1_000));
    const halves = wantedOf(usesAfter(usesAfter(null, tokens(5), 500), tokens(5), 500));
    expect(Math.abs(halves / whole - 1)).toBeLessThan(0.1);
  });

  test('is not counted again when a report comes a second time', () => {
    const before = repeated(5, 50);
    expect(usesAfter(before, tokens(50), 0)).toBe(before);
  });
});

describe('the part that a gateway acts on', () => {
  test('is the whole of a limit before it was told anything', () => {
    expect(knownUse(usesAfter(null, [], 1_000), 'tokens')).toMatchObject({ held: 0, share: 1, sent: 1 });
  });

  test('is what it says, and perhaps already what it was told', () => {
    const uses = usesAfter(told(usesAfter(null, tokens(5), 1_000), 0.4), tokens(5, { share: 0.7, held: 3 }), 1_000);
    expect(knownUse(uses, 'tokens')).toMatchObject({ held: 3, share: 0.7, sent: 0.4 });
  });

  test('is what it was told once it says nothing of a limit any more', () => {
    const uses = usesAfter(told(usesAfter(null, tokens(5, { held: 3 }), 1_000), 0.4), [], 1_000);
    expect(knownUse(uses, 'tokens')).toMatchObject({ held: 0, share: 0.4, sent: 0.4 });
  });

  test('is forgotten when it is idle and the usual one', () => {
    const idle = usesAfter({ ...told(repeated(3, 5) ?? { others: 1, limits: {} }, 0.5), others: 0.5 }, [], 60_000);
    expect(idle).toEqual({ others: 0.5, limits: {} });
  });
});
