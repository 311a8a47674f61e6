import { describe, expect, test } from '@jest/globals';
import type { SnapshotLimit } from '@signalbox/domain';
import { seededRandom } from '../../../../../packages/testkit/src/simulated-engine/engine/random.ts';
import { almostNoShare, Bucket } from './bucket.ts';

const perMinute = (amount: number): SnapshotLimit => ({ id: 'l', of: 'tokens', per: 'minute', amount });
const bucketOf = (amount: number, share = 1): Bucket => new Bucket(perMinute(amount), share);

/** Takes it if it fits, at this second. */
function use(bucket: Bucket, need: number, second: number): boolean {
  const fits = bucket.fits(need, second);
  if (fits) bucket.take(need, second);
  return fits;
}

describe('a bucket', () => {
  test.each<{ name: string; amount: number; uses: [second: number, need: number, fits: boolean][] }>([
    {
      name: 'lets in up to its amount at once',
      amount: 100,
      uses: [
        [0, 60, true],
        [0, 41, false],
        [0, 40, true],
        [0, 1, false],
      ],
    },
    {
      name: 'has what was used back after a whole minute, not before',
      amount: 100,
      uses: [
        [0, 100, true],
        [59, 1, false],
        [60, 1, false],
        [61, 100, true],
      ],
    },
    {
      name: 'gets back each part when it is its time',
      amount: 100,
      uses: [
        [0, 50, true],
        [30, 50, true],
        [61, 50, true],
        [61, 1, false],
        [91, 50, true],
      ],
    },
    {
      name: 'is whole after a long silence',
      amount: 100,
      uses: [
        [0, 100, true],
        [1_000_000, 100, true],
      ],
    },
    {
      name: 'refuses what is larger than itself, even empty',
      amount: 100,
      uses: [
        [0, 101, false],
        [500, 101, false],
      ],
    },
    {
      name: 'never holds back what uses none of it',
      amount: 10,
      uses: [
        [0, 10, true],
        [0, 0, true],
      ],
    },
    { name: 'of nothing lets in nothing', amount: 0, uses: [[0, 1, false]] },
  ])('$name', ({ amount, uses }) => {
    const bucket = bucketOf(amount);
    expect(uses.map(([second, need]) => use(bucket, need, second))).toEqual(uses.map(([, , fits]) => fits));
  });

  test('keeps what was used when its amount changes', () => {
    const bucket = bucketOf(100);
    use(bucket, 80, 0);
    bucket.resize(200);
    expect(bucket.remaining(1)).toBe(120);
    bucket.resize(50);
    expect(bucket.remaining(1)).toBe(0);
    expect(use(bucket, 50, 61)).toBe(true);
  });

  test('gives back what was reserved and not used, but not what has left already', () => {
    const bucket = bucketOf(100);
    use(bucket, 100, 5);
    bucket.giveBack(70, 5, 10);
    expect(bucket.remaining(10)).toBe(70);
    use(bucket, 70, 10);
    bucket.giveBack(30, 5, 66);
    expect(bucket.remaining(66)).toBe(30);
  });

  test('pays off what was used beyond it out of the next windows', () => {
    const bucket = bucketOf(100);
    use(bucket, 100, 0);
    bucket.take(250, 0);
    expect(bucket.fits(1, 61)).toBe(false);
    expect(bucket.fits(1, 2 * 61)).toBe(false);
    expect(bucket.remaining(3 * 61)).toBe(50);
    expect(bucket.remaining(4 * 61)).toBe(100);
  });

  test('pays off a debt through a long silence as well', () => {
    const bucket = bucketOf(100);
    bucket.take(350, 0);
    expect(bucket.remaining(3 * 61)).toBe(50);
    expect(bucket.remaining(4 * 61)).toBe(100);
  });

  test('without a share lets nothing in, also when it is idle, and says that all is free when the window has passed', () => {
    const bucket = bucketOf(100, 0);
    expect(use(bucket, 1, 10)).toBe(false);
    expect(bucket.retryAfterMs(1, 10_000)).toBe(61_000);
    expect([bucket.remaining(10), bucket.resetMs(10_000)]).toEqual([0, 61_000]);
    bucket.setShare(0.5);
    expect(use(bucket, 50, 10)).toBe(true);
  });

  test('that others have yet to let go of a part for lets in one request at a time, and the next in a second', () => {
    const bucket = bucketOf(100, almostNoShare);
    expect(use(bucket, 10, 10)).toBe(true);
    expect(use(bucket, 10, 10)).toBe(false);
    expect(bucket.retryAfterMs(10, 10_000)).toBe(1_000);
  });

  test('with a small share lets in a larger request when it is idle, and waits as long as it took', () => {
    const bucket = bucketOf(100, 0.25);
    expect(use(bucket, 60, 0)).toBe(true);
    expect(use(bucket, 1, 61)).toBe(false);
    expect(bucket.remaining(2 * 61)).toBe(15);
    expect(bucket.fits(60, 2 * 61)).toBe(false);
    expect(bucket.fits(60, 3 * 61)).toBe(true);
  });

  test('that counts concurrency has no window, and a place for each process', () => {
    const bucket = new Bucket({ id: 'l', of: 'concurrency', per: null, amount: 4 }, 0.1);
    expect(use(bucket, 1, 0)).toBe(true);
    expect(use(bucket, 1, 1_000_000)).toBe(false);
    bucket.giveBack(1, 0, 1_000_000);
    expect(use(bucket, 1, 1_000_000)).toBe(true);
  });

  test('of a day is exact to 24 minutes', () => {
    const bucket = new Bucket({ id: 'l', of: 'requests', per: 'day', amount: 1 }, 1);
    expect(use(bucket, 1, 1_439)).toBe(true);
    expect(use(bucket, 1, 86_400 + 1_438)).toBe(false);
    expect(bucket.retryAfterMs(1, 1_439_000)).toBe((86_400 + 1) * 1_000);
    expect(use(bucket, 1, 86_400 + 1_440)).toBe(true);
  });

  test('a clock that went back changes nothing', () => {
    const bucket = bucketOf(100);
    use(bucket, 100, 1_000);
    expect(use(bucket, 1, 1)).toBe(false);
    expect(use(bucket, 100, 1_061)).toBe(true);
  });

  test('a retry at the told time succeeds, one a millisecond earlier does not', () => {
    const seed = 7;
    const random = seededRandom(seed);
    let told = 0;
    for (let round = 0; round < 300; round++) {
      const bucket = bucketOf(1_000, random() < 0.5 ? 1 : 0.2);
      let now = 0;
      while (now < 90_000) {
        now += Math.floor(random() * 8_000);
        const need = 1 + Math.floor(random() * 600);
        const tick = Math.floor(now / 1_000);
        if (use(bucket, need, tick)) {
          if (random() < 0.2) bucket.take(Math.floor(random() * 700), tick);
          continue;
        }
        const at = now + bucket.retryAfterMs(need, now);
        told++;
        expect([seed, round, bucket.fits(need, Math.floor((at - 1) / 1_000))]).toEqual([seed, round, false]);
        expect([seed, round, bucket.fits(need, Math.floor(at / 1_000))]).toEqual([seed, round, true]);
        break;
      }
    }
    expect(told).toBeGreaterThan(150);
  });

  test('tells when all of it is free', () => {
    const bucket = bucketOf(100);
    expect(bucket.resetMs(5_000)).toBe(0);
    use(bucket, 1, 5);
    expect(bucket.resetMs(6_500)).toBe(59_500);
  });
});
