import { describe, expect, test } from '@jest/globals';
import { ConnectionCounts } from './connection-counts.ts';

describe('connections are counted', () => {
  test('in all: the newest is refused when it is full, and there is room again when one leaves', () => {
    const counts = new ConnectionCounts({ most: 2, mostPerAddress: 9 });
    expect([counts.enter(), counts.enter(), counts.enter()]).toEqual([true, true, false]);
    expect(counts.all).toBe(2);
    counts.leave();
    expect([counts.enter(), counts.enter()]).toEqual([true, false]);
  });

  test.each<[string, string, string, boolean]>([
    ['one address', '1.2.3.4', '1.2.3.4', true],
    ['two addresses', '1.2.3.4', '1.2.3.5', false],
    ['two addresses of one IPv6 network', '2001:db8::1', '2001:db8:0:0:ffff::2', true],
    ['two IPv6 networks', '2001:db8::1', '2001:db8:0:1::1', false],
  ])('by network: %s', (_, first, second, isSame) => {
    const counts = new ConnectionCounts({ most: 9, mostPerAddress: 1 });
    expect(counts.enterFrom(first)).toBe(true);
    expect(counts.enterFrom(second)).toBe(!isSame);
    counts.leaveFrom(first);
    expect(counts.enterFrom(first)).toBe(true);
  });
});
