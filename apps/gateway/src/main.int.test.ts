import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type SimulatedEngine, startSimulatedEngine } from '@signalbox/testkit/simulated-engine';
import {
  backendOf,
  chat,
  keyOf,
  routeOf,
  serve,
  snapshotOf,
  TestControlPlane,
  token,
  until,
} from './gateway.fixture.ts';
import {
  addressesOf,
  type GatewayProcess,
  killGatewayProcess,
  startGatewayProcess,
  untilReady,
} from './gateway-process.fixture.ts';

let engine: SimulatedEngine;
let controlPlane: TestControlPlane;
let dataDir: string;
let started: GatewayProcess[] = [];

beforeEach(async () => {
  engine = await startSimulatedEngine({ args: ['serve', 'org/tiny', '--served-model-name', 'tiny'] });
  controlPlane = await new TestControlPlane().start();
  dataDir = await mkdtemp(join(tmpdir(), 'signalbox-gateway-'));
});
afterEach(async () => {
  await Promise.all(started.map(killGatewayProcess));
  started = [];
  await controlPlane.close();
  await engine.close();
  await rm(dataDir, { recursive: true, force: true });
});

function start(env: Record<string, string>): GatewayProcess {
  const running = startGatewayProcess({
    SIGNALBOX_CONTROL_PLANE_URL: controlPlane.url,
    SIGNALBOX_GATEWAY_DATA_DIR: dataDir,
    ...env,
  });
  started.push(running);
  return running;
}

const usedLimits = (): string => join(dataDir, 'used-limits.json');

describe('the gateway as a process', () => {
  test('is ready once it has a snapshot, shows its metrics, and finishes a stream on SIGTERM', async () => {
    const running = start({ SIGNALBOX_GATEWAY_TOKEN: token });
    const { url, admin } = await addressesOf(running);
    expect((await fetch(`${admin}/readyz`)).status).toBe(503);
    expect((await fetch(`${admin}/healthz`)).status).toBe(200);
    controlPlane.publish(snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [engine.url] })])]));
    await until('it is ready', async () => (await fetch(`${admin}/readyz`)).status === 200);

    const stream = await chat(url, { stream: true, max_tokens: 200, ignore_eos: true });
    running.child.kill('SIGTERM');
    await until('it says that it leaves', () => controlPlane.last?.accepting === false);
    await until('it takes no more', () =>
      fetch(url).then(
        () => false,
        () => true,
      ),
    );
    expect(running.child.exitCode).toBeNull();
    expect((await stream.text()).trimEnd().endsWith('data: [DONE]')).toBe(true);
    expect(await running.exit).toBe(0);
    expect(controlPlane.last?.revisions[0]).toMatchObject({ requests: 1, errors: 0, cancelled: 0 });
    expect(running.lines().some((line) => line.includes(token))).toBe(false);
  });

  test('while it lingers it still answers, and closes the connections it answers on', async () => {
    const running = start({ SIGNALBOX_GATEWAY_TOKEN: token, SIGNALBOX_GATEWAY_LINGER_MS: '1500' });
    const { url, admin } = await addressesOf(running);
    controlPlane.publish(snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [engine.url] })])]));
    await until('it is ready', async () => (await fetch(`${admin}/readyz`)).status === 200);
    running.child.kill('SIGTERM');
    await until('it says that it leaves', async () => (await fetch(`${admin}/readyz`)).status === 503);
    const answer = await chat(url, { max_tokens: 1 });
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    expect(await running.exit).toBe(0);
  });

  test('a stream that outlasts the draining ends in an error event, not in silence', async () => {
    const running = start({ SIGNALBOX_GATEWAY_TOKEN: token, SIGNALBOX_GATEWAY_DRAIN_MS: '100' });
    const { url, admin } = await addressesOf(running);
    controlPlane.publish(snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [engine.url] })])]));
    await until('it is ready', async () => (await fetch(`${admin}/readyz`)).status === 200);
    const stream = await chat(url, { stream: true, max_tokens: 8_000, ignore_eos: true });
    running.child.kill('SIGTERM');
    expect((await stream.text()).match(/data: \{"error":.*\}\n\n$/)).not.toBeNull();
    expect(await running.exit).toBe(0);
    await until('the engine was told', () => engine.stats().running === 0);
  });

  test('killed and started again with the control plane away, it serves what it had, as the same gateway', async () => {
    const tokenFile = join(dataDir, 'token');
    await writeFile(tokenFile, `${token}\n`);
    const first = start({ SIGNALBOX_GATEWAY_TOKEN_FILE: tokenFile });
    await addressesOf(first);
    controlPlane.publish(snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [engine.url] })])]));
    await until('it is kept', () =>
      readFile(join(dataDir, 'snapshot-1-1.json')).then(
        () => true,
        () => false,
      ),
    );
    await until('it is acknowledged', () => controlPlane.last?.applied.number === 1);
    const id = controlPlane.last?.gatewayId;
    first.child.kill('SIGKILL');
    await first.exit;
    await controlPlane.close();
    const second = start({ SIGNALBOX_GATEWAY_TOKEN_FILE: tokenFile });
    const { url } = await addressesOf(second);
    expect((await chat(url, { max_tokens: 1 })).status).toBe(200);
    expect((await readFile(join(dataDir, 'gateway-id'), 'utf8')).trim()).toBe(id);
  });

  test.each([
    { workers: 0, end: 'SIGTERM' },
    { workers: 0, end: 'SIGKILL' },
    { workers: 1, end: 'SIGTERM' },
    { workers: 1, end: 'SIGKILL' },
  ] as const)('started again after $end, with $workers workers, it knows what of a day is used', async (how) => {
    const keyWith = (id: string, amount: number) =>
      keyOf(id, { limits: [{ id: `${id} a day`, of: 'requests', per: 'day', amount }] });
    const backend = backendOf({ revisionId: 'rev-1', at: [engine.url] });
    const route = routeOf([backend], { access: 'keys' });
    controlPlane.publish(snapshotOf([route], { keys: [keyWith('four', 4), keyWith('three', 3)] }));
    const ask = async (url: string, key: string, times: number): Promise<number[]> => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
      const statuses: number[] = [];
      for (let at = 0; at < times; at++) {
        const answer = await chat(url, { max_tokens: 1 }, { headers });
        await answer.text();
        statuses.push(answer.status);
      }
      return statuses;
    };
    const env = { SIGNALBOX_GATEWAY_TOKEN: token, SIGNALBOX_GATEWAY_WORKERS: `${how.workers}` };
    const first = start(env);
    const { url, admin } = await addressesOf(first);
    await untilReady(admin);
    expect(await ask(url, 'four', 3)).toEqual([200, 200, 200]);
    expect(await ask(url, 'three', 4)).toEqual([200, 200, 200, 429]);
    if (how.end === 'SIGKILL') {
      const kept = (): Promise<string> => readFile(usedLimits(), 'utf8').catch(() => '');
      await until('the use is on disk', async () => (await kept()).match(/,3\]/g)?.length === 2);
      await killGatewayProcess(first);
    } else {
      first.child.kill(how.end);
      expect(await first.exit).toBe(0);
    }
    const second = start(env);
    const again = await addressesOf(second);
    await untilReady(again.admin);
    expect(await ask(again.url, 'four', 2)).toEqual([200, 429]);
    expect(await ask(again.url, 'three', 1)).toEqual([429]);
  });

  test.each([
    ['no token', {}, 'SIGNALBOX_GATEWAY_TOKEN'],
    [
      'a bad number',
      { SIGNALBOX_GATEWAY_TOKEN: 'x', SIGNALBOX_GATEWAY_DRAIN_MS: 'soon' },
      'SIGNALBOX_GATEWAY_DRAIN_MS',
    ],
    ['a bad id', { SIGNALBOX_GATEWAY_TOKEN: 'x', SIGNALBOX_GATEWAY_ID: 'a b' }, 'SIGNALBOX_GATEWAY_ID'],
  ])('%s is a clear message and exit code 1', async (_, env, named) => {
    const running = start(env);
    expect(await running.exit).toBe(1);
    expect(running.lines().join('\n')).toContain(named);
  });

  test('a port in use is told by its setting', async () => {
    const other = await serve((_, response) => void response.end());
    const running = start({ SIGNALBOX_GATEWAY_TOKEN: token, SIGNALBOX_GATEWAY_PORT: new URL(other.url).port });
    expect(await running.exit).toBe(1);
    expect(running.lines().join('\n')).toContain('SIGNALBOX_GATEWAY_PORT');
    await other.close();
  });
});
