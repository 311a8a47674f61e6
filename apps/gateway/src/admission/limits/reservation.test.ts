import { describe, expect, test } from '@jest/globals';
import type { SnapshotLimit } from '@signalbox/domain';
import { Buckets } from './buckets.ts';
import { anthropicLimitLines, rateLimitLines, shownDuration } from './rate-limit-headers.ts';
import { Reservation } from './reservation.ts';

const requests = (amount: number): SnapshotLimit => ({ id: 'rpm', of: 'requests', per: 'minute', amount });
const tokens = (amount: number): SnapshotLimit => ({ id: 'tpm', of: 'tokens', per: 'minute', amount });
const input = (amount: number): SnapshotLimit => ({ id: 'in', of: 'inputTokens', per: 'day', amount });
const output = (amount: number): SnapshotLimit => ({ id: 'out', of: 'outputTokens', per: 'minute', amount });
const concurrency = (amount: number): SnapshotLimit => ({ id: 'conc', of: 'concurrency', per: null, amount });

function world(ofKey: SnapshotLimit[], ofRoute: SnapshotLimit[] = []) {
  const buckets = new Buckets();
  const [key, route] = [buckets.of(ofKey), buckets.of(ofRoute)];
  const reserve = (inputTokens: number, outputTokens: number, now = 0) => {
    const reservation = new Reservation();
    return { reservation, refusal: reservation.reserve(key, route, inputTokens, outputTokens, now) };
  };
  const left = (now = 0) => Object.fromEntries([...key, ...route].map((b) => [b.id, b.remaining(now / 1_000)]));
  return { buckets, key, route, reserve, left };
}

describe('a reservation', () => {
  test('counts what each limit is about', () => {
    const { reserve, left } = world([requests(10), tokens(1_000), concurrency(3)], [input(500), output(500)]);
    expect(reserve(100, 50).refusal).toBeUndefined();
    expect(left()).toEqual({ rpm: 9, tpm: 850, conc: 2, in: 400, out: 450 });
  });

  test('takes from all limits or from none', () => {
    const { reserve, left } = world([requests(10), tokens(1_000)], [output(40)]);
    expect(reserve(100, 50).refusal?.limit.id).toBe('out');
    expect(left()).toEqual({ rpm: 10, tpm: 1_000, out: 40 });
  });

  test('settles on what was used, less or more', () => {
    const { reserve, left } = world([requests(10), tokens(1_000), concurrency(3)], [input(500), output(500)]);
    const less = reserve(100, 50).reservation;
    less.settle(90, 10, 1_000);
    expect(left(1_000)).toEqual({ rpm: 9, tpm: 900, conc: 3, in: 410, out: 490 });
    const more = reserve(100, 50, 1_000).reservation;
    more.settle(120, 450, 2_000);
    expect(left(2_000)).toEqual({ rpm: 8, tpm: 330, conc: 3, in: 290, out: 40 });
    more.settle(0, 0, 3_000);
    expect(left(3_000)).toMatchObject({ tpm: 330, conc: 3 });
  });

  test('is charged while an answer outgrows it, and settled on the whole', () => {
    const { reserve, left } = world([tokens(1_000)]);
    const { reservation } = reserve(100, 50);
    reservation.outgrew(40, 1_000);
    expect(left(1_000)).toEqual({ tpm: 850 });
    reservation.outgrew(300, 2_000);
    expect(left(2_000)).toEqual({ tpm: 600 });
    reservation.settle(100, 310, 3_000);
    expect(left(3_000)).toEqual({ tpm: 590 });
  });

  test('of a request that went nowhere is given back whole', () => {
    const { reserve, left } = world([requests(10), tokens(1_000)], [concurrency(3)]);
    const { reservation } = reserve(100, 50);
    reservation.release(5_000);
    reservation.release(5_000);
    expect(left(5_000)).toEqual({ rpm: 10, tpm: 1_000, conc: 3 });
  });

  test('charges a limit of both key and route once', () => {
    const { reserve, left } = world([tokens(1_000)], [tokens(1_000), concurrency(2)]);
    const { reservation } = reserve(100, 100);
    expect(left()).toEqual({ tpm: 800, conc: 1 });
    reservation.settle(100, 0, 0);
    expect(left()).toEqual({ tpm: 900, conc: 2 });
  });

  test('names the limit that holds longest, and a retry then succeeds', () => {
    const { reserve } = world([requests(2), tokens(100)]);
    reserve(60, 0, 0);
    reserve(10, 0, 5_000);
    expect(reserve(25, 0, 9_000).refusal).toMatchObject({ limit: { id: 'rpm' }, retryAfterMs: 52_000 });
    expect(reserve(95, 0, 10_000).refusal).toMatchObject({ limit: { id: 'tpm' }, retryAfterMs: 56_000 });
    expect(reserve(95, 0, 65_999).refusal?.limit.id).toBe('tpm');
    expect(reserve(95, 0, 66_000).refusal).toBeUndefined();
  });

  test('larger than a limit is never told to come back', () => {
    const { reserve } = world([tokens(100)]);
    expect(reserve(80, 40).refusal).toMatchObject({ need: 120, retryAfterMs: Number.POSITIVE_INFINITY });
  });

  test('refused by concurrency comes back when one of those in flight is likely gone', () => {
    const { reserve } = world([concurrency(2)]);
    for (let now = 0; now < 100_000; now += 1_000) reserve(1, 1, now).reservation.settle(1, 1, now + 500);
    reserve(1, 1);
    reserve(1, 1);
    const refusal = reserve(1, 1).refusal;
    expect(refusal?.retryAfterMs).toBeCloseTo(750, -1);
  });
});

describe('buckets', () => {
  test('survive a new snapshot by their ids', () => {
    const { buckets, reserve, key } = world([tokens(1_000)]);
    reserve(400, 0);
    expect(buckets.of([tokens(2_000)])).toEqual(key);
    expect(key[0]?.remaining(0)).toBe(1_600);
    const other = buckets.of([{ ...input(1_000), id: 'tpm' }]);
    expect(other[0]?.remaining(0)).toBe(1_000);
  });

  test('are bounded in number', () => {
    const buckets = new Buckets({ mostBuckets: 2 });
    const [first] = buckets.of([tokens(10)]);
    buckets.of([{ ...tokens(10), id: 'b' }]);
    expect(buckets.of([tokens(10)])[0]).toBe(first);
    buckets.of([{ ...tokens(10), id: 'c' }]);
    expect(buckets.of([tokens(10)])[0]).toBe(first);
    buckets.of([
      { ...tokens(10), id: 'd' },
      { ...tokens(10), id: 'e' },
    ]);
    expect(buckets.of([tokens(10)])[0]).not.toBe(first);
  });

  test('tell what was wanted since the last time, and act on their shares', () => {
    const { buckets, reserve } = world([tokens(1_000)]);
    reserve(700, 0);
    reserve(700, 0);
    expect(buckets.uses(0)).toEqual([{ id: 'tpm', held: 700, wanted: 1_400, share: 1 }]);
    buckets.setShares(new Map([['tpm', 0.8]]));
    expect(buckets.uses(1_000)).toEqual([{ id: 'tpm', held: 700, wanted: 0, share: 0.8 }]);
    expect(reserve(101, 0, 1_000).refusal?.limit.id).toBe('tpm');
    expect(reserve(100, 0, 1_000).refusal).toBeUndefined();
    buckets.uses(1_000);
    expect(buckets.uses(100_000)).toEqual([]);
  });

  test('of limits that were never shared have the share of others, and keep it when nothing is said', () => {
    const buckets = new Buckets({ share: 0.5 });
    buckets.setShares(new Map([['tpm', 0.1]]), 0.25);
    expect(buckets.of([tokens(100), requests(100)]).map((bucket) => bucket.share)).toEqual([0.1, 0.25]);
    buckets.setShares(new Map());
    expect(buckets.of([tokens(100), requests(100)]).map((bucket) => bucket.share)).toEqual([0.1, 0.25]);
  });
});

describe('shares of buckets', () => {
  test('told before anybody used the limit here hold, also when others are told of in between', () => {
    const buckets = new Buckets();
    buckets.setShares(new Map([['tpm', 0]]));
    buckets.setShares(new Map([['rpm', 0.4]]));
    expect(buckets.of([tokens(100)])[0]?.share).toBe(0);
  });

  test('are forgotten of limits that nobody uses here when they become many', () => {
    const buckets = new Buckets({ mostBuckets: 2 });
    buckets.of([tokens(100)]);
    buckets.setShares(
      new Map([
        ['tpm', 0.1],
        ['a', 0.2],
      ]),
    );
    buckets.setShares(new Map([['b', 0.3]]));
    const shareOf = (id: string) => buckets.of([{ ...tokens(100), id }])[0]?.share;
    expect(['tpm', 'a', 'b'].map(shareOf)).toEqual([0.1, 1, 0.3]);
  });
});

describe('the headers about limits', () => {
  test('tell of each kind the limit of which least is left', () => {
    const { key, route, reserve } = world([requests(10), tokens(1_000)], [output(100), concurrency(1)]);
    reserve(100, 50, 3_000);
    expect(rateLimitLines(key, route, 4_000).split('\r\n')).toEqual([
      ...['x-ratelimit-limit-requests: 10', 'x-ratelimit-remaining-requests: 9', 'x-ratelimit-reset-requests: 1m0s'],
      ...['x-ratelimit-limit-tokens: 100', 'x-ratelimit-remaining-tokens: 50', 'x-ratelimit-reset-tokens: 1m0s', ''],
    ]);
  });

  test('are Anthropic’s for its API, with the moment of a reset', () => {
    const { key, route, reserve } = world(
      [requests(10), { id: 'in', of: 'inputTokens', per: 'minute', amount: 1_000 }],
      [output(100), concurrency(1)],
    );
    reserve(100, 50, 3_000);
    const wallNow = Date.UTC(2026, 10, 26, 14, 0, 0, 1);
    expect(anthropicLimitLines(key, route, { now: 4_000, wallNow }).split('\r\n')).toEqual(
      [
        ['requests', 10, 9],
        ['tokens', 100, 50],
        ['input-tokens', 1_000, 900],
        ['output-tokens', 100, 50],
      ]
        .flatMap(([kind, limit, remaining]) => [
          `anthropic-ratelimit-${kind}-limit: ${limit}`,
          `anthropic-ratelimit-${kind}-remaining: ${remaining}`,
          `anthropic-ratelimit-${kind}-reset: 2026-11-26T14:01:01Z`,
        ])
        .concat(''),
    );
  });

  test('are none without limits', () => {
    expect(anthropicLimitLines([], [], { now: 0, wallNow: 0 })).toBe('');
    expect(rateLimitLines([], [], 0)).toBe('');
  });

  test.each([
    [0, '0ms'],
    [12, '12ms'],
    [999.2, '1s'],
    [7_000, '7s'],
    [59_001, '1m0s'],
    [360_000, '6m0s'],
    [3_723_000, '1h2m3s'],
  ])('%d ms are %s', (ms, want) => {
    expect(shownDuration(ms)).toBe(want);
  });
});
