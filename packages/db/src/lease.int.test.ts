import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Clock } from '@signalbox/runtime';
import { type OpenTestDatabase, openTestDatabase } from '@signalbox/testkit/postgres';
import { withLease } from './lease.ts';

let open: OpenTestDatabase;
beforeAll(async () => {
  open = await openTestDatabase();
});
afterAll(() => open.close());

const start = Date.UTC(2026, 0, 1);
const term = (name: string, holder: string, now: number) => ({ name, holder, now: start + now, ttlMs: 1_000 });

describe('a lease', () => {
  test('has one holder until it runs out or is released', async () => {
    const { leases } = open.repos;
    expect(await leases.acquire(term('l', 'a', 0))).toBe(true);
    expect(await leases.acquire(term('l', 'b', 999))).toBe(false);
    expect(await leases.renew(term('l', 'a', 999))).toBe(true);
    expect(await leases.acquire(term('l', 'b', 1_998))).toBe(false);
    expect(await leases.acquire(term('l', 'b', 1_999))).toBe(true);
    expect(await leases.renew(term('l', 'a', 1_999))).toBe(false);
    await leases.release('l', 'a');
    expect(await leases.get('l')).toMatchObject({ holder: 'b', expiresAt: start + 2_999 });
    await leases.release('l', 'b');
    expect(await leases.acquire(term('l', 'a', 2_000))).toBe(true);
  });

  test('that ran out is not renewed, even when nobody took it', async () => {
    await open.repos.leases.acquire(term('late', 'a', 0));
    expect(await open.repos.leases.renew(term('late', 'a', 1_000))).toBe(false);
  });

  test('goes to one of many who ask at once', async () => {
    const holders = Array.from({ length: 8 }, (_, i) => `h${i}`);
    const won = await Promise.all(holders.map((holder) => open.repos.leases.acquire(term('race', holder, 0))));
    expect(won.filter(Boolean)).toHaveLength(1);
  });
});

/** Stands still until a test moves it. */
function steppedClock() {
  let now = start;
  const sleepers = new Set<{ until: number; wake: () => void }>();
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = { until: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
  const advance = (ms: number): void => {
    now += ms;
    for (const sleeper of sleepers) if (sleeper.until <= now && sleepers.delete(sleeper)) sleeper.wake();
  };
  return { clock, advance };
}

describe('work under a lease', () => {
  test('keeps the lease while it goes on and gives it back after', async () => {
    const { clock, advance } = steppedClock();
    const outcome = await withLease(open.database, { name: 'w', holder: 'a', ttlMs: 900, clock }, async (lost) => {
      advance(300);
      while ((await open.repos.leases.get('w'))?.expiresAt !== start + 1_200) expect(lost.aborted).toBe(false);
      expect(await open.repos.leases.acquire(term('w', 'b', 1_000))).toBe(false);
      return 'worked';
    });
    expect(outcome).toEqual({ kind: 'done', value: 'worked' });
    expect(await open.repos.leases.get('w')).toBeUndefined();
  });

  test('is told to stop when another holder has the lease', async () => {
    const { clock, advance } = steppedClock();
    await withLease(open.database, { name: 'x', holder: 'a', ttlMs: 900, clock }, async (lost) => {
      await open.repos.leases.acquire(term('x', 'b', 901));
      advance(300);
      await new Promise((resolve) => lost.addEventListener('abort', resolve, { once: true }));
    });
    expect(await open.repos.leases.get('x')).toMatchObject({ holder: 'b' });
  });

  test('is not begun when someone else holds the lease', async () => {
    const { clock } = steppedClock();
    await open.repos.leases.acquire(term('y', 'b', 0));
    const outcome = await withLease(open.database, { name: 'y', holder: 'a', ttlMs: 900, clock }, async () => 'worked');
    expect(outcome).toEqual({ kind: 'heldByOther' });
  });
});
