import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { UsageRecord } from '@signalbox/domain';
import { silentLogger } from '@signalbox/runtime';
import { VirtualClock } from '../virtual-clock.fixture.ts';
import { UsageDelivery } from './delivery.ts';
import type { Reservation } from './open-reservations.ts';
import type { Records } from './records.ts';
import { Spool } from './spool.ts';
import { bytesIn } from './spool-files.ts';
import { anEnd, aRequest, aWriter, totalsOf } from './usage.fixture.ts';
import type { PostOutcome } from './usage-post.ts';
import { folderOf } from './writer-name.ts';

const minuteMs = 60_000;
const dayMinutes = 24 * 60;
const burstEveryMinutes = 30;
const burst = 240;
const bound = 8_000_000;

let folder: string;
let clock: VirtualClock;
let isAlive: boolean;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-outage-'));
  clock = new VirtualClock(Date.UTC(2026, 2, 1, 12));
  isAlive = true;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A control plane that is away until it is not, and then loses its first answer. */
class Store {
  readonly records = new Map<string, UsageRecord>();
  isAway = true;
  tries = 0;
  #answers = 0;

  readonly send = async (records: Records): Promise<PostOutcome> => {
    this.tries += 1;
    if (this.isAway) throw new Error('connection refused');
    for (const text of records.texts()) {
      const record = JSON.parse(text) as UsageRecord;
      if (!this.records.has(record.id)) this.records.set(record.id, record);
    }
    this.#answers += 1;
    if (this.#answers === 1) throw new Error('the answer was lost');
    return { kind: 'stored' };
  };
}

function serveBurst(spool: Spool, minute: number): void {
  for (let i = 0; i < burst; i += 1) {
    const reservation = spool.reserve(aRequest(`m${minute}-${i}`, { startedAt: clock.now() }));
    spool.flush();
    spool.settle(reservation, anEnd());
  }
  spool.flush();
}

/** A minute: the spool's own second by second, the sender's as it wakes. */
async function passMinute(spool: Spool): Promise<void> {
  for (let second = 0; second < 60; second += 1) spool.tick();
  clock.advance(minuteMs);
  await clock.untilAsleep();
}

test('a day without the control plane, with the clock set forth and back, costs bounded disk and delivers all once', async () => {
  const failures: unknown[] = [];
  const spool = new Spool({
    folder,
    gatewayId: 'gw-1',
    writer: aWriter('b1'),
    maxBytes: bound,
    events: { failing: (error) => void failures.push(error), recovered: () => undefined },
  });
  const store = new Store();
  const delivery = new UsageDelivery({
    folder,
    post: store,
    lock: { isOurs: async () => true, release: async () => undefined },
    maxBytes: bound,
    clock,
    random: () => 0.5,
    log: silentLogger,
    isRunning: () => isAlive,
  });
  delivery.start();
  await clock.untilAsleep();

  let [requests, mostBytes, mostWaiting, mostFiles] = [0, 0, 0, 0];
  let long: Reservation | undefined;
  for (let minute = 0; minute < dayMinutes; minute += 1) {
    if (minute === 5 * 60) clock.setBy(7 * 60 * minuteMs);
    if (minute === 11 * 60) clock.setBy(-13 * 60 * minuteMs);
    // One stream runs while the clock is set, and a good deal longer.
    if (minute === 290) long = spool.reserve(aRequest('long', { startedAt: clock.now() }));
    if (minute === 410 && long !== undefined) spool.settle(long, anEnd());
    if (minute % burstEveryMinutes === 0) {
      serveBurst(spool, minute);
      requests += burst;
      mostBytes = Math.max(mostBytes, await bytesIn(folder));
      mostFiles = Math.max(mostFiles, readdirSync(join(folder, folderOf(aWriter('b1')))).length);
    }
    mostWaiting = Math.max(mostWaiting, spool.state.waitingBytes);
    await passMinute(spool);
  }
  expect(failures).toEqual([]);
  expect(delivery.state.isAway).toBe(true);
  // It asks again every minute of this clock, and not in a hurry.
  expect(store.tries).toBeLessThan(dayMinutes + 60);
  expect(mostBytes).toBeLessThan(bound);
  // Two for each burst at most: the quiet minutes between leave none.
  expect(mostFiles).toBeLessThanOrEqual((2 * dayMinutes) / burstEveryMinutes);
  expect(mostWaiting).toBeLessThan(100_000);

  store.isAway = false;
  await passMinute(spool);
  // What comes now is told at once, though the wall's clock is six hours behind where it would be.
  serveBurst(spool, dayMinutes);
  await spool.stop();
  isAlive = false;
  for (let minutes = 0; minutes < 60 && readdirSync(folder).length > 0; minutes += 1) {
    clock.advance(minuteMs);
    await clock.untilAsleep();
  }
  expect(readdirSync(folder)).toEqual([]);
  expect(delivery.state.isAway).toBe(false);
  const all = requests + 1 + burst;
  expect(totalsOf([...store.records.values()])).toEqual({ requests: all, input: 10 * all, output: 20 * all });
  expect([...store.records.values()].filter(({ exactness }) => exactness !== 'exact')).toEqual([]);
  // More than the bound had room for was merged; the rest is there request by request.
  expect(store.records.size).toBeLessThan(all);
  expect([...store.records.values()].filter(({ requestId }) => requestId.startsWith(`m${dayMinutes}-`)).length).toBe(
    burst,
  );
  await delivery.stop(0);
}, 60_000);
