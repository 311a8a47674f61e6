import { describe, expect, test } from '@jest/globals';
import { limitSharesOf } from './limit-shares.ts';

const gateways = [
  { id: 'a', uses: { x: 90, y: 1 } },
  { id: 'b', uses: { x: 10 } },
  { id: 'c', uses: {} },
];
const shares = (id: string) => limitSharesOf(id, gateways)?.shares ?? {};

describe('shares of limits', () => {
  test('go by what each gateway uses, and leave something to those who use nothing', () => {
    expect(shares('a').x).toBeGreaterThan(shares('b').x ?? 0);
    expect(shares('b').x).toBeGreaterThan(shares('c').x ?? 0);
    expect(shares('c').x).toBeGreaterThan(0);
  });

  test('of all gateways together are never more than the limit', () => {
    for (const limit of ['x', 'y']) {
      const whole = gateways.reduce((sum, { id }) => sum + (shares(id)[limit] ?? 0), 0);
      expect(whole).toBeLessThanOrEqual(1);
      expect(whole).toBeGreaterThan(0.999);
    }
  });

  test('tell of how many gateways there are, for limits that nobody uses yet', () => {
    expect(limitSharesOf('a', [{ id: 'a', uses: {} }])).toEqual({ shares: {}, gateways: 1 });
    expect(limitSharesOf('a', gateways)?.gateways).toBe(3);
  });

  test('are whole for a gateway that is alone', () => {
    expect(limitSharesOf('a', [{ id: 'a', uses: { x: 1 } }])?.shares).toEqual({ x: 1 });
  });

  test('are none for who takes no part', () => {
    expect(limitSharesOf('d', gateways)).toBeUndefined();
  });
});
