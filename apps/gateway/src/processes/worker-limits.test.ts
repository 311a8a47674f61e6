import { beforeEach, describe, expect, test } from '@jest/globals';
import type { GatewayReportAnswer, LimitUseReport, Snapshot, SnapshotLimit } from '@signalbox/domain';
import { routeOf, snapshotOf } from '../gateway.fixture.ts';
import { WorkerLimits } from './worker-limits.ts';

const limit: SnapshotLimit = { id: 'tokens', of: 'tokens', per: 'minute', amount: 1_000 };
const snapshot = (...limits: SnapshotLimit[]): Snapshot => snapshotOf([routeOf([], { limits })]);

/** A worker as this side knows it: what it acts on, and what it has used. */
class AWorker {
  share: number;
  held = 0;

  constructor({ shares, gateways }: GatewayReportAnswer) {
    this.share = shares.tokens ?? 1 / gateways;
  }

  take(answer: GatewayReportAnswer | undefined): void {
    this.share = answer?.shares.tokens ?? this.share;
  }

  use(wanted: number): LimitUseReport[] {
    return [{ id: 'tokens', held: this.held, wanted, share: this.share }];
  }
}

describe('limits among the workers of a gateway', () => {
  let limits: WorkerLimits<AWorker>;
  let now = 0;
  const workers: AWorker[] = [];

  const enter = (): AWorker => {
    const handle = Object.create(AWorker.prototype) as AWorker;
    Object.assign(handle, new AWorker(limits.welcome(handle, now)));
    workers.push(handle);
    return handle;
  };
  const round = (wanted: readonly number[]): void => {
    now += 500;
    for (const [at, worker] of workers.entries()) worker.take(limits.heard(worker, worker.use(wanted[at] ?? 0), now));
  };
  const held = (): number => workers.reduce((sum, worker) => sum + worker.share, 0);

  beforeEach(() => {
    now = 0;
    workers.length = 0;
    limits = new WorkerLimits(2);
    limits.apply(snapshot(limit));
  });

  test('begin in equal parts', () => {
    expect([enter().share, enter().share]).toEqual([0.5, 0.5]);
  });

  test('go to the worker that wants them, and are never more than the whole', () => {
    const [busy, idle] = [enter(), enter()];
    for (let at = 0; at < 20; at++) {
      round([100, 0]);
      expect(held()).toBeLessThanOrEqual(1.0001);
    }
    expect(busy.share).toBeGreaterThan(0.9);
    expect(idle.share).toBeGreaterThan(0.01);
  });

  test('are parts of the gateway’s part', () => {
    enter();
    enter();
    limits.share({ shares: { tokens: 0.3 }, gateways: 3 });
    for (let at = 0; at < 20; at++) round([50, 50]);
    // Each is told by what it wants now and what others wanted a moment ago, so they only come close.
    expect(held()).toBeCloseTo(0.3, 2);
  });

  test('a worker that comes while another leaves begins with nothing of a limit in use, and comes to that one’s part', () => {
    const [one, other] = [enter(), enter()];
    for (let at = 0; at < 10; at++) round([100, 100]);
    const fresh = enter();
    expect(fresh.share).toBeCloseTo(0, 6);
    limits.leaves(one);
    round([0, 100, 100]);
    expect(fresh.share).toBeLessThan(0.5);
    limits.ended(one, now);
    workers.splice(0, 1);
    for (let at = 0; at < 20; at++) round([100, 100]);
    expect(fresh.share + other.share).toBeGreaterThan(0.98);
  });

  test('what an ended worker has used counts until its minute is over', () => {
    const [one] = [enter(), enter()];
    one.held = 600;
    round([600, 0]);
    limits.ended(one, now);
    workers.splice(0, 1);
    enter();
    for (let at = 0; at < 20; at++) round([100, 100]);
    expect(held()).toBeLessThanOrEqual(0.4001);
    expect(limits.uses(now)).toEqual([expect.objectContaining({ id: 'tokens', held: 600 })]);
    now += 61_000;
    for (let at = 0; at < 20; at++) round([100, 100]);
    expect(held()).toBeGreaterThan(0.98);
  });

  test('what was used in parts leaves in parts, also when the workers have ended that used it, one after the other', () => {
    const one = enter();
    one.held = 300;
    round([300]);
    now = 30_000;
    one.held = 500;
    round([200]);
    limits.ended(one, now);
    workers.splice(0, 1);
    const other = enter();
    now = 45_000;
    other.held = 100;
    round([100]);
    limits.ended(other, now);
    workers.splice(0, 1);
    const used = (): number => limits.uses(now)[0]?.held ?? 0;
    expect(used()).toBe(600);
    now = 61_500;
    expect(used()).toBe(300);
    now = 91_500;
    expect(used()).toBe(100);
    now = 106_500;
    expect(used()).toBe(0);
  });

  test('what a day had used before the gateway was started anew counts until its day is over', () => {
    const perDay: SnapshotLimit = { ...limit, per: 'day' };
    limits.apply(snapshot(perDay));
    const [one] = [enter(), enter()];
    one.held = 900;
    round([900, 0]);
    const kept = limits.used(now + 60_000);
    const hour = 3_600_000;
    limits = new WorkerLimits(2);
    workers.length = 0;
    now = 0;
    limits.apply(snapshot(perDay));
    limits.remember(kept, now);
    expect([enter().share, enter().share]).toEqual([expect.closeTo(0.05), expect.closeTo(0.05)]);
    for (let at = 0; at < 20; at++) round([100, 100]);
    expect(held()).toBeCloseTo(0.1, 3);
    now = 24 * hour;
    expect(limits.uses(now)).toEqual([expect.objectContaining({ id: 'tokens', held: 900 })]);
    now = 24.4 * hour;
    expect(limits.used(now)).toEqual([]);
    for (let at = 0; at < 20; at++) round([100, 100]);
    expect(held()).toBeGreaterThan(0.98);
  });

  test('a worker has nothing at all of a limit that is used up, and is told when it no longer is', () => {
    limits.remember([{ id: 'tokens', per: 'minute', used: [[0, 1_000]] }], now);
    const one = enter();
    expect(one.share).toBe(0);
    round([100]);
    expect(one.share).toBe(0);
    now += 61_000;
    round([100]);
    expect(one.share).toBeGreaterThan(0.9);
  });

  test('a worker that others leave no part of a limit can tell that from one that is used up', () => {
    const [busy] = [enter()];
    if (busy === undefined) throw new Error('no worker');
    for (let at = 0; at < 20; at++) round([100]);
    const fresh = enter();
    // Others have to let go first: one request at a time is let in until then.
    expect(fresh.share).toBeGreaterThan(0);
    expect(fresh.share).toBeLessThan(0.001);
    busy.held = 1_000;
    now += 500;
    limits.heard(busy, busy.use(100), now);
    fresh.take(limits.heard(fresh, fresh.use(100), now));
    expect(fresh.share).toBe(0);
    busy.held = 400;
    now += 500;
    limits.heard(busy, busy.use(100), now);
    fresh.take(limits.heard(fresh, fresh.use(100), now));
    expect(fresh.share).toBeGreaterThan(0);
  });

  test('of a limit that counts by another period now, nothing was used', () => {
    limits.remember([{ id: 'tokens', per: 'day', used: [[0, 900]] }], now);
    expect(limits.uses(now)).toEqual([]);
  });

  test('workers are told when there are more gateways, once', () => {
    expect(limits.share({ shares: { tokens: 0.3 }, gateways: 3 })).toEqual({ shares: {}, gateways: 6 });
    expect(limits.share({ shares: { tokens: 0.2 }, gateways: 3 })).toBeUndefined();
  });

  test('the gateway tells what all want, once', () => {
    enter();
    enter();
    round([30, 12]);
    expect(limits.uses(now)).toEqual([expect.objectContaining({ id: 'tokens', wanted: 42 })]);
    expect(limits.uses(now)).toEqual([]);
  });

  test('limits that a snapshot no longer has are not told of', () => {
    enter();
    round([30]);
    limits.apply(snapshot());
    expect(limits.uses(now)).toEqual([]);
  });
});
