import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type SimulatedEngine, startSimulatedEngine } from '@signalbox/testkit/simulated-engine';
import { backendOf, chat, routeOf, snapshotOf, TestControlPlane, until } from '../gateway.fixture.ts';
import { type GatewayProcess, isAlive, killGatewayProcess, untilReady } from '../gateway-process.fixture.ts';
import { Callers } from './callers.fixture.ts';
import { startWorkers } from './workers.fixture.ts';

let engines: SimulatedEngine[];
let controlPlane: TestControlPlane;
let dataDir: string;
let running: GatewayProcess[] = [];

beforeEach(async () => {
  const args = ['serve', 'org/tiny', '--served-model-name', 'tiny', '--max-num-seqs', '2000'];
  engines = [await startSimulatedEngine({ args }), await startSimulatedEngine({ args })];
  controlPlane = await new TestControlPlane().start();
  dataDir = await mkdtemp(join(tmpdir(), 'signalbox-gateway-'));
});
afterEach(async () => {
  await Promise.all(running.map(killGatewayProcess));
  running = [];
  await controlPlane.close();
  for (const engine of engines) await engine.close();
  await rm(dataDir, { recursive: true, force: true });
});

const snapshot = (number: number, version = 'v1') =>
  snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: engines.map(({ url }) => url), version })])], { number });

const startTwo = (env: Record<string, string> = {}) => startWith(2, env);

const startWith = (workers: number, env: Record<string, string> = {}) => {
  const started = (gateway: GatewayProcess) => void running.push(gateway);
  return startWorkers({ workers, controlPlane, dataDir, snapshot: snapshot(1), env, started });
};

/** A connection of its own for a request. */
const onItsOwn = { headers: { 'content-type': 'application/json', connection: 'close' } };
const stream = (url: string, tokens: number) => chat(url, { stream: true, max_tokens: tokens, ignore_eos: true });
const endOf = (answer: Response): Promise<'whole' | 'cut'> =>
  answer.text().then(
    (text) => (text.trimEnd().endsWith('data: [DONE]') ? 'whole' : 'cut'),
    () => 'cut',
  );
const requestsTold = () => controlPlane.last?.revisions[0]?.requests ?? 0;
const count = (all: readonly string[], one: string) => all.filter((each) => each === one).length;
const logged = ({ lines }: GatewayProcess, message: string) => count(lines().map(messageOf), message);
const messageOf = (line: string) => (JSON.parse(line) as { message: string }).message;

describe('a gateway of several processes', () => {
  test('is one gateway to the control plane: one id, counts summed, replicas admitted by all', async () => {
    const { url, admin } = await startTwo();
    for (let at = 0; at < 20; at++) {
      const { status } = await chat(url, { max_tokens: 1 }, onItsOwn);
      expect(status).toBe(200);
    }
    await until('all are counted', () => requestsTold() === 20);
    expect(new Set(controlPlane.reports.map(({ gatewayId, bootId }) => `${gatewayId} ${bootId}`)).size).toBe(1);
    expect(controlPlane.last?.replicas).toHaveLength(2);
    expect(controlPlane.last?.replicas.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    const counted = /signalbox_gateway_requests_total\{[^}]*outcome="ok"\} (\d+)/.exec(metrics);
    expect(Number(counted?.[1])).toBe(20);
  });

  test('a snapshot is acknowledged when all workers serve by it', async () => {
    const { url } = await startTwo();
    controlPlane.publish(snapshot(2, 'v2'));
    await until('it is acknowledged', () => controlPlane.last?.applied.number === 2);
    const versions = new Set<string | null>();
    for (let at = 0; at < 8; at++) {
      const answer = await chat(url, { max_tokens: 1 }, onItsOwn);
      versions.add(answer.headers.get('x-signalbox-model-version'));
    }
    expect([...versions]).toEqual(['v2']);
  });

  test('a killed worker takes its own streams along and no others, is replaced, and its counts stay', async () => {
    const { gateway, url } = await startTwo();
    expect((await chat(url, { max_tokens: 1 })).status).toBe(200);
    await until('it is counted', () => requestsTold() === 1);
    const streams = await Promise.all(Array.from({ length: 8 }, () => stream(url, 300)));
    const [victim = 0] = gateway.served();
    process.kill(victim, 'SIGKILL');
    await until('it is replaced', () => gateway.served().length === 3);
    expect(isAlive(victim)).toBe(false);
    const ends = await Promise.all(streams.map(endOf));
    const whole = count(ends, 'whole');
    expect(whole >= 2 && whole <= 6).toBe(true);
    for (let at = 0; at < 4; at++) expect((await chat(url, { max_tokens: 1 })).status).toBe(200);
    await until('all others are counted', () => requestsTold() === 5 + whole);
    const counts = controlPlane.reports.map(({ revisions }) => revisions[0]?.requests ?? 0);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  });

  test('with its only worker killed it is not ready, and callers wait until the next one serves', async () => {
    const { gateway, url, admin } = await startWith(1);
    const [victim = 0] = gateway.served();
    process.kill(victim, 'SIGKILL');
    const answers = Array.from({ length: 5 }, () => chat(url, { max_tokens: 1 }));
    await until('it is not ready', async () => (await fetch(`${admin}/readyz`)).status === 503);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    await untilReady(admin);
  });

  test('a worker that hangs is killed and replaced, and no connection waits for it for longer', async () => {
    const { gateway, url, admin } = await startTwo();
    const [hung = 0] = gateway.served();
    process.kill(hung, 'SIGSTOP');
    // One of them is on its way to the stopped worker and waits until that is killed; the others do not.
    const answers = await Promise.all(Array.from({ length: 6 }, () => chat(url, { max_tokens: 1 })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    await until('it is replaced', () => gateway.served().length === 3, 20_000);
    expect(isAlive(hung)).toBe(false);
    await untilReady(admin);
  });

  test('a killed primary frees its port at once, and its workers finish their streams and go', async () => {
    const { gateway, url, port, admin } = await startTwo();
    const open = await Promise.all([stream(url, 200), stream(url, 200)]);
    gateway.child.kill('SIGKILL');
    await gateway.exit;
    const next = await startTwo({
      SIGNALBOX_GATEWAY_PORT: String(port),
      SIGNALBOX_GATEWAY_ADMIN_PORT: new URL(admin).port,
    });
    expect((await chat(next.url, { max_tokens: 1 })).status).toBe(200);
    expect(await Promise.all(open.map(endOf))).toEqual(['whole', 'whole']);
    await until('the former workers are gone', () => !gateway.served().some(isAlive));
  });
});

describe('a rolling restart', () => {
  test('under load with open streams loses nothing: no request, no stream, no connection', async () => {
    const { gateway, url } = await startTwo();
    const callers = new Callers({ url, busy: 4, pausing: 20, fresh: 2, streams: 40, streamTokens: 200 });
    callers.start();
    await until('all streams are open', () => callers.openStreams === 40);
    for (let restart = 1; restart <= 3; restart++) {
      gateway.child.kill('SIGHUP');
      await until('it is done', () => logged(gateway, 'rolling restart done') === restart, 30_000);
    }
    await callers.stop();
    expect(callers.bad).toEqual([]);
    expect(gateway.served()).toHaveLength(8);
    const former = gateway.served().slice(0, 6);
    await until('the old workers are gone', () => !former.some(isAlive));
    await until('all are counted', () => requestsTold() === callers.outcomes.length);
    const counts = controlPlane.reports.map(({ revisions }) => revisions[0]?.requests ?? 0);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(controlPlane.reports.every(({ accepting }) => accepting)).toBe(true);
  }, 90_000);
});
