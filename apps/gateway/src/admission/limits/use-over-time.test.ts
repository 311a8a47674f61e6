import { describe, expect, test } from '@jest/globals';
import { Bucket } from './bucket.ts';
import { UseOverTime } from './use-over-time.ts';

const hour = 3_600_000;

describe('use over time', () => {
  test('leaves the window as it came', () => {
    const use = new UseOverTime('minute');
    use.follow(100, 0);
    use.follow(150, 30_000);
    expect(use.held(60_999)).toBe(150);
    expect(use.held(61_000)).toBe(50);
    expect(use.held(91_000)).toBe(0);
  });

  test('of a day leaves after a day', () => {
    const use = new UseOverTime('day');
    for (let at = 0; at < 24; at++) use.follow(10 * (at + 1), at * hour);
    expect(use.held(24 * hour)).toBe(240);
    // The last slot of 24 minutes is over.
    expect(use.held(24.4 * hour)).toBe(230);
    expect(use.held(30.5 * hour)).toBe(170);
  });

  test('what was reserved and given back is of late', () => {
    const use = new UseOverTime('minute');
    use.follow(100, 0);
    use.follow(400, 30_000);
    use.follow(120, 31_000);
    expect(use.held(61_000)).toBe(20);
    use.follow(0, 62_000);
    expect(use.past(62_000)).toEqual([]);
  });

  test('what has left is not taken for given back', () => {
    const use = new UseOverTime('minute');
    use.follow(100, 0);
    use.follow(150, 30_000);
    // The process's own window slides as well.
    use.follow(50, 61_500);
    expect(use.past(61_500)).toEqual([[31_500, 50]]);
  });

  test('goes on where another process left off, however often', () => {
    let use = new UseOverTime('minute');
    use.follow(70, 5_000);
    for (let now = 5_500; now < 65_000; now += 700) use = UseOverTime.of('minute', use.past(now), now);
    expect(use.held(65_999)).toBe(70);
    expect(use.held(66_000)).toBe(0);
  });

  test('takes use in any order, and what is said to be of the future for what is now', () => {
    const use = UseOverTime.of(
      'minute',
      [
        [10_000, 1],
        [50_000, 2],
        [-5_000, 4],
        [90_000, 8],
      ],
      100_000,
    );
    expect(use.past(100_000)).toEqual([
      [50_000, 2],
      [10_000, 1],
      [0, 4],
    ]);
  });

  test('holds at least what the bucket it follows holds, and at most what that held within a slot before', () => {
    const bucket = new Bucket({ id: 'l', of: 'tokens', per: 'minute', amount: 1e9 }, 1);
    const use = new UseOverTime('minute');
    const held: number[] = [];
    for (let tick = 0; tick < 300; tick++) {
      if (tick < 150) bucket.take(1 + ((tick * 7) % 13), tick);
      held.push(bucket.takeUse(tick).held);
      // From here on the process is gone.
      if (tick < 150) use.follow(held[tick] ?? 0, tick * 1_000);
      expect(use.held(tick * 1_000)).toBeGreaterThanOrEqual(held[tick] ?? 0);
      expect(use.held(tick * 1_000)).toBeLessThanOrEqual(Math.max(held[tick - 1] ?? 0, held[tick] ?? 0));
    }
    expect(use.held(300_000)).toBe(0);
  });
});
