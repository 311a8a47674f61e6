import { request } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import type { SnapshotKey, SnapshotRoute } from '@signalbox/domain';
import {
  backendOf,
  keyOf,
  routeOf,
  serve,
  snapshotOf,
  startTestGateway,
  TestControlPlane,
  until,
} from './gateway.fixture.ts';
import { VirtualClock } from './virtual-clock.fixture.ts';

const hourMs = 3_600_000;
const startedAt = Date.UTC(2026, 2, 1, 12);
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A gateway whose clocks are the test's, that has its snapshot and has lost its control plane. */
async function cutOff(url: string, keys: readonly SnapshotKey[], change: Partial<SnapshotRoute> = {}, slots?: number) {
  const clock = new VirtualClock(startedAt);
  const controlPlane = await new TestControlPlane().start();
  const backend = backendOf({ revisionId: 'rev-1', at: [url], maxInFlightPerReplica: slots ?? null });
  controlPlane.publish(snapshotOf([routeOf([backend], { access: 'keys', ...change })], { keys }));
  // It asks for its control plane in real time: that it is away must cost callers nothing.
  const running = await startTestGateway(controlPlane.url, {
    clock: { now: () => clock.now(), sleep: (_, signal) => pauseUntil(signal) },
    monotonicMs: clock.monotonicMs,
  });
  stops.push(() => running.stop());
  await until('the replica is admitted', () => controlPlane.last?.replicas[0]?.admitted ?? false);
  await controlPlane.close();
  return {
    clock,
    running,
    ask: (key: string, more?: Record<string, string>) => ask(running.url, key, more),
    port: controlPlane.port,
  };
}

/** As short as a turn of the event loop, so that it never stops trying. */
function pauseUntil(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 20);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Each over a connection of its own: kept ones would end when hours pass. */
function ask(url: string, key: string, more: Record<string, string> = {}): Promise<number> {
  const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }], max_tokens: 20 });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...more };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/chat/completions`, { method: 'POST', agent: false, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject).end(body);
  });
}

/** Every answer costs 30 tokens. */
async function engine(): Promise<string> {
  const usage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 };
  const server = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ choices: [], usage }));
  });
  stops.push(() => server.close());
  return server.url;
}

test('for a day without its control plane a gateway serves, and keeps limits and keys, whatever its clock is set to', async () => {
  const limited = keyOf('limited', {
    limits: [
      { id: 'l-minute', of: 'requests', per: 'minute', amount: 4 },
      { id: 'l-day', of: 'requests', per: 'day', amount: 60 },
    ],
  });
  const { clock, running, ask, port } = await cutOff(await engine(), [
    limited,
    keyOf('unlimited'),
    keyOf('short', { expiresAt: startedAt + 12 * hourMs }),
    keyOf('long', { expiresAt: startedAt + 100 * hourMs }),
  ]);
  const served: number[] = [];
  for (let hour = 0; hour < 24; hour++) {
    // At 5 it is set seven hours forth, at 10 thirteen hours back.
    if (hour === 5) clock.setBy(7 * hourMs);
    if (hour === 10) clock.setBy(-13 * hourMs);
    expect([hour, await ask('unlimited'), await ask('long')]).toEqual([hour, 200, 200]);
    // Its key ends by the wall's clock, which is what it was given out by.
    expect([hour, await ask('short')]).toEqual([hour, clock.now() > startedAt + 12 * hourMs + 5_000 ? 401 : 200]);
    let ofHour = 0;
    for (let i = 0; i < 6; i++) if ((await ask('limited')) === 200) ofHour++;
    served.push(ofHour);
    clock.advance(hourMs);
  }
  // Four a minute, until the day's sixty are used up; no hour of the first is out of the day's window before its end.
  expect(served).toEqual([...Array(15).fill(4), ...Array(9).fill(0)]);
  // A 60th of a day after its own day is over, each hour's part is free again.
  clock.advance(hourMs / 2);
  expect([await ask('limited'), await ask('limited')]).toEqual([200, 200]);

  expect(running.gateway.readiness()).toEqual({ ready: true });
  const metrics = await running.metrics();
  expect(metrics).toMatch(/^signalbox_gateway_control_plane_connected(?:\{.*\})? 0$/m);
  // Its age is there for alarms, by the clock of whoever asks.
  const appliedAt = Number(/^signalbox_gateway_snapshot_applied_seconds(?:\{.*\})? (\S+)$/m.exec(metrics)?.[1]);
  expect(appliedAt).toBe(startedAt / 1_000);

  const back = await new TestControlPlane().start(port);
  stops.push(() => back.close());
  await until('it is back', () => back.have.length > 0 && back.last !== undefined);
  expect([back.have[0] !== null, back.last?.applied.number]).toEqual([true, 1]);
});

test('a request that waits its turn waits on while the clock is set, and is told its wait', async () => {
  const held: (() => void)[] = [];
  const server = await serve((request, response) => {
    if (request.method === 'GET') return void response.end();
    held.push(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  stops.push(() => server.close());
  const queue = { maxRequests: 10, maxBytes: 1e6, maxWaitMs: hourMs };
  const { clock, ask, running } = await cutOff(server.url, [keyOf('k')], { queue }, 1);
  const [first, second] = [ask('k'), ask('k')];
  await until('one is at the engine', () => held.length === 1);
  for (const ms of [9 * hourMs, -18 * hourMs]) {
    clock.setBy(ms);
    // One with little time is told that it is over, which is when the queue is swept: the other one's is not.
    let answered: number | undefined;
    void ask('k', { 'x-request-timeout': '0.5' }).then((status) => {
      answered = status;
    });
    await until('its time is over', () => {
      clock.advance(500);
      return answered !== undefined;
    });
    expect(answered).toBe(503);
  }
  held.shift()?.();
  await until('the other is at the engine', () => held.length === 1);
  held.shift()?.();
  expect(await Promise.all([first, second])).toEqual([200, 200]);
  // The one that did not wait says nothing of it.
  const waits = running.lines.flatMap(({ status, queuedMs }) => (status === 200 ? [Number(queuedMs ?? 0)] : []));
  const [none = -1, waited = -1] = waits.toSorted((one, other) => one - other);
  expect([waits.length, none, waited >= 1_000 && waited <= clock.monotonicMs()]).toEqual([2, 0, true]);
});
