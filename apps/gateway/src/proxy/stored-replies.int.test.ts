import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SnapshotRoute } from '@signalbox/domain';
import type { Answering, AnswerStore, StoredAnswer, Told } from '../admission/idempotency/answer-store.ts';
import { StoredAnswers } from '../admission/idempotency/stored-answers.ts';
import { backendOf, routeOf, snapshotOf, startBoth, until } from '../gateway.fixture.ts';
import { ask, consumer, type HeldEngine, send, startHeldEngine } from './keyed-requests.fixture.ts';

/** A store in another process, which decides at once and is heard of when the test lets it. */
class DistantStore implements AnswerStore {
  readonly #stored = new StoredAnswers();
  readonly #untold: (() => void)[] = [];
  isQuick = false;

  get untold(): number {
    return this.#untold.length;
  }

  begin(...question: Parameters<StoredAnswers['begin']>): Promise<Told> {
    const told = this.#stored.begin(...question);
    const { promise, resolve } = Promise.withResolvers<Told>();
    if (this.isQuick) resolve(told);
    else this.#untold.push(() => resolve(told));
    return promise;
  }

  tell(): void {
    for (const tell of this.#untold.splice(0)) tell();
  }

  finish(answering: Answering, answer: StoredAnswer): void {
    this.#stored.finish(answering, answer);
  }

  abandon(answering: Answering): void {
    this.#stored.abandon(answering);
  }
}

let engine: HeldEngine;
let store: DistantStore;
const stops: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  engine = await startHeldEngine();
  stops.push(() => engine.close());
  store = new DistantStore();
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(change: Parameters<typeof startBoth>[1] = {}, { slots, ...route }: StartedRoute = {}) {
  const backend = backendOf({ revisionId: 'rev-1', at: [engine.url], maxInFlightPerReplica: slots ?? null });
  const both = await startBoth(snapshotOf([routeOf([backend], route)], { keys: [consumer] }), change);
  stops.push(() => both.stop());
  /** Of a gauge, over all its labels. */
  const level = async (name: string): Promise<number> => {
    const text = await both.running.metrics();
    const rows = [...text.matchAll(new RegExp(`^signalbox_gateway_${name}\\{[^}]*\\} (\\d+)$`, 'gm'))];
    return rows.reduce((sum, [, value]) => sum + Number(value), 0);
  };
  const gone = (): Promise<void> => until('all callers are gone', async () => (await level('connections')) === 0);
  return { ...both, level, gone };
}
type StartedRoute = Partial<SnapshotRoute> & { slots?: number };

describe('a request with a key, with the store in this process', () => {
  test('is answered once, and then with the same bytes', async () => {
    const { url } = await start();
    const first = await ask(url, 'x');
    expect(first).toMatchObject({ status: 200, isReplay: false });
    expect(await ask(url, 'x')).toEqual({ ...first, isReplay: true });
    expect(await ask(url, 'x', { content: 'another' })).toMatchObject({ status: 422 });
    expect(engine.asked).toBe(1);
  });

  test('whose caller leaves while it waits its turn leaves the key free', async () => {
    engine.hold();
    const queue = { maxRequests: 10, maxBytes: 1e6, maxWaitMs: 60_000 };
    const { url, level, gone } = await start({}, { slots: 1, queue });
    const first = send(url, 'first');
    await until('the engine is full', () => engine.asked === 1);
    const second = send(url, 'second');
    await until('it waits', async () => (await level('queue_depth')) === 1);
    second.sent.destroy();
    await until('it waits no more', async () => (await level('queue_depth')) === 0);
    engine.release();
    expect((await first.answer).status).toBe(200);
    await gone();
    expect(await ask(url, 'second')).toMatchObject({ status: 200, isReplay: false });
  });
});

describe.each([{ fastPath: true }, { fastPath: false }])('while another process is asked for a key, %p', (path) => {
  test('nothing reaches the engine, and then the request goes on as it is told', async () => {
    const { url } = await start({ ...path, stored: store });
    const first = ask(url, 'x');
    await until('the store is asked', () => store.untold === 1);
    expect(engine.asked).toBe(0);
    const second = ask(url, 'x');
    await until('the store is asked', () => store.untold === 2);
    store.tell();
    expect((await second).status).toBe(409);
    const { status, text } = await first;
    expect(status).toBe(200);
    store.isQuick = true;
    expect(await ask(url, 'x')).toEqual({ status, text, isReplay: true });
    expect(engine.asked).toBe(1);
  });

  test('a caller that leaves frees its key and has nothing done', async () => {
    const { url, gone } = await start({ ...path, stored: store });
    const left = send(url, 'x');
    await until('the store is asked', () => store.untold === 1);
    left.sent.destroy();
    await gone();
    store.tell();
    store.isQuick = true;
    expect(await ask(url, 'x')).toMatchObject({ status: 200, isReplay: false });
    expect(engine.asked).toBe(1);
  });

  test('a process that says nothing costs a second, and its late word nothing', async () => {
    let passedMs = 0;
    const { url } = await start({ ...path, stored: store, monotonicMs: () => performance.now() + passedMs });
    const first = ask(url, 'x');
    await until('the store is asked', () => store.untold === 1);
    passedMs = 1_000;
    expect(await first).toMatchObject({ status: 200, isReplay: false });
    store.tell();
    store.isQuick = true;
    expect(await ask(url, 'x')).toMatchObject({ status: 200, isReplay: false });
    expect(engine.asked).toBe(2);
  });

  test('a request whose own deadline passes is told so', async () => {
    engine.hold();
    let passedMs = 0;
    const route = { timeouts: { firstByteMs: 20_000, betweenBytesMs: 20_000, totalMs: 600 } };
    const clock = { monotonicMs: () => performance.now() + passedMs };
    const { url } = await start({ ...path, ...clock, stored: store }, route);
    const first = ask(url, 'x');
    await until('the store is asked', () => store.untold === 1);
    passedMs = 600;
    expect(await first).toMatchObject({ status: 504 });
    engine.release();
  });

  test('a gateway that must go says so', async () => {
    const { url, running } = await start({ ...path, stored: store, drainMs: 50 });
    const first = ask(url, 'x');
    await until('the store is asked', () => store.untold === 1);
    const stopped = running.gateway.stop();
    expect(await first).toMatchObject({ status: 503 });
    store.tell();
    await stopped;
    expect(engine.asked).toBe(0);
  });
});
