import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { backendOf, routeOf, snapshotOf, TestControlPlane, until } from '../gateway.fixture.ts';
import { type GatewayProcess, killGatewayProcess } from '../gateway-process.fixture.ts';
import { ask, consumer, type HeldEngine, send, startHeldEngine } from '../proxy/keyed-requests.fixture.ts';
import { type StartedWorkers, startWorkers } from './workers.fixture.ts';

let engine: HeldEngine;
let controlPlane: TestControlPlane;
let dataDir: string;
let gateway: GatewayProcess;
const agents: Agent[] = [];

beforeEach(async () => {
  engine = await startHeldEngine();
  controlPlane = await new TestControlPlane().start();
  dataDir = await mkdtemp(join(tmpdir(), 'signalbox-gateway-'));
});
afterEach(async () => {
  for (const agent of agents.splice(0)) agent.destroy();
  await killGatewayProcess(gateway);
  await controlPlane.close();
  await engine.close();
  await rm(dataDir, { recursive: true, force: true });
});

function startTwo(): Promise<StartedWorkers> {
  const backend = backendOf({ revisionId: 'rev-1', at: [engine.url] });
  const snapshot = snapshotOf([routeOf([backend])], { keys: [consumer] });
  const started = (process: GatewayProcess): void => {
    gateway = process;
  };
  return startWorkers({ workers: 2, controlPlane, dataDir, snapshot, started });
}

/** One kept connection. A new connection goes to the worker with the fewest, so that half of those kept are with each. */
function kept(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agents.push(agent);
  return agent;
}

/** A worker tells of a request after its answer, on the same channel: what is counted is stored as well. */
const counted = (requests: number): Promise<void> =>
  until('it is counted', () => controlPlane.last?.revisions[0]?.requests === requests);

describe('a key with several workers', () => {
  test('is answered once, and then by each of them with the same bytes', async () => {
    const { url } = await startTwo();
    const first = await ask(url, 'x', { agent: kept() });
    expect(first).toMatchObject({ status: 200, isReplay: false });
    await counted(1);
    for (let connection = 0; connection < 7; connection++)
      expect(await ask(url, 'x', { agent: kept() })).toEqual({ ...first, isReplay: true });
    expect(await ask(url, 'x', { agent: kept(), content: 'another' })).toMatchObject({ status: 422 });
    expect(engine.asked).toBe(1);
  });

  test('of two requests at a time one reaches an engine, and the other is told of it', async () => {
    const { url } = await startTwo();
    engine.hold();
    const pair = [ask(url, 'x'), ask(url, 'x')];
    expect((await Promise.race(pair)).status).toBe(409);
    await until('the other one is at the engine', () => engine.asked === 1);
    engine.release();
    const statuses = (await Promise.all(pair)).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(engine.asked).toBe(1);
  });

  test('is free again when the worker that held it is killed, and stays held by the other one', async () => {
    const { url } = await startTwo();
    engine.hold();
    // Two connections, and so one with each worker.
    const requests = [];
    for (const key of ['x', 'y']) {
      requests.push({ key, ...send(url, key) });
      await until('it is at the engine', () => engine.asked === requests.length);
    }
    process.kill(gateway.served()[0] ?? 0, 'SIGKILL');
    const cut = await Promise.race(requests.map(async ({ key, answer }) => ({ key, ...(await answer) })));
    expect(cut.status).toBe(0);
    await until('the worker is replaced', () => gateway.served().length === 3);
    const other = requests.find(({ key }) => key !== cut.key);
    expect((await ask(url, other?.key ?? '')).status).toBe(409);
    engine.release();
    expect(await ask(url, cut.key)).toMatchObject({ status: 200, isReplay: false });
    expect((await other?.answer)?.status).toBe(200);
    expect(engine.asked).toBe(3);
  });

  test('is answered without the primary when that hangs, and is not held by it afterwards', async () => {
    const { url } = await startTwo();
    const agent = kept();
    expect((await ask(url, 'x', { agent })).status).toBe(200);
    gateway.child.kill('SIGSTOP');
    expect(await ask(url, 'y', { agent })).toMatchObject({ status: 200, isReplay: false });
    gateway.child.kill('SIGCONT');
    await until('the key is free', async () => (await ask(url, 'y')).status === 200);
    expect(engine.asked).toBe(3);
  });

  test('is answered by the workers after a rolling restart as by those before', async () => {
    const { url } = await startTwo();
    const first = await ask(url, 'x');
    await counted(1);
    gateway.child.kill('SIGHUP');
    await until('it is done', () => gateway.lines().some((line) => line.includes('"rolling restart done"')), 30_000);
    expect(gateway.served()).toHaveLength(4);
    for (let connection = 0; connection < 4; connection++)
      expect(await ask(url, 'x', { agent: kept() })).toEqual({ ...first, isReplay: true });
    expect(engine.asked).toBe(1);
  });
});
