import { describe, expect, test } from '@jest/globals';
import { BadKeys } from './bad-keys.ts';

describe('wrong keys', () => {
  test.each<{ name: string; failures: [address: string, at: number][]; want: (number | undefined)[] }>([
    {
      name: 'are told as such a few times, then to wait out the minute',
      failures: [
        ['10.0.0.1', 0],
        ['10.0.0.1', 100],
        ['10.0.0.1', 200],
        ['10.0.0.1', 59_000],
      ],
      want: [undefined, undefined, 59_800, 1_000],
    },
    {
      name: 'count anew after that minute',
      failures: [
        ['10.0.0.1', 0],
        ['10.0.0.1', 0],
        ['10.0.0.1', 0],
        ['10.0.0.1', 60_000],
      ],
      want: [undefined, undefined, 60_000, undefined],
    },
    {
      name: 'of one address are none of the next one',
      failures: [
        ['10.0.0.1', 0],
        ['10.0.0.1', 0],
        ['10.0.0.1', 0],
        ['10.0.0.2', 0],
      ],
      want: [undefined, undefined, 60_000, undefined],
    },
    {
      name: 'of one IPv6 network are one',
      failures: [
        ['2001:db8:0:1::5', 0],
        ['2001:0db8:0000:0001:ffff:0:0:1', 0],
        ['2001:DB8:0:1::', 0],
        ['2001:db8:0:2::5', 0],
        ['2001:db8::5', 0],
      ],
      want: [undefined, undefined, 60_000, undefined, undefined],
    },
    {
      name: 'of an IPv4 address are one in both notations',
      failures: [
        ['10.0.0.1', 0],
        ['::ffff:10.0.0.1', 0],
        ['10.0.0.1', 0],
      ],
      want: [undefined, undefined, 60_000],
    },
  ])('$name', ({ failures, want }) => {
    const badKeys = new BadKeys({ perMinute: 2 });
    expect(failures.map(([address, at]) => badKeys.failed(address, at))).toEqual(want);
  });

  test('of too many addresses are forgotten, oldest first', () => {
    const badKeys = new BadKeys({ perMinute: 1, mostAddresses: 2 });
    badKeys.failed('a', 0);
    badKeys.failed('b', 0);
    expect(badKeys.failed('a', 0)).toBe(60_000);
    badKeys.failed('c', 0);
    expect(badKeys.failed('a', 0)).toBe(60_000);
    expect(badKeys.failed('b', 0)).toBeUndefined();
  });
});
