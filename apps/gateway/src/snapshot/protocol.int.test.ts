import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type SimulatedEngine, startSimulatedEngine } from '@signalbox/testkit/simulated-engine';
import {
  backendOf,
  chat,
  routeOf,
  snapshotOf,
  startTestGateway,
  TestControlPlane,
  type TestGateway,
  until,
} from '../gateway.fixture.ts';
import { gatewayIdIn } from './gateway-id.ts';

const nowhere = 'http://127.0.0.1:9';
let engine: SimulatedEngine;
let dataDir: string;
let running: TestGateway | undefined;
let controlPlane: TestControlPlane;

beforeEach(async () => {
  engine = await startSimulatedEngine({ args: ['serve', 'org/tiny', '--served-model-name', 'tiny'] });
  dataDir = await mkdtemp(join(tmpdir(), 'signalbox-gateway-'));
  controlPlane = await new TestControlPlane().start();
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await controlPlane.close();
  await engine.close();
  await rm(dataDir, { recursive: true, force: true });
});

const snapshot = (number: number, options: { epoch?: number; version?: string } = {}) =>
  snapshotOf([routeOf([backendOf({ revisionId: 'rev-1', at: [engine.url], version: options.version ?? 'v1' })])], {
    number,
    epoch: options.epoch ?? 1,
  });
const applied = () => controlPlane.last?.applied;
const versionServed = async (url: string) => (await chat(url)).headers.get('x-signalbox-model-version');
const startHere = async (url: string) => {
  running = await startTestGateway(url, { dataDir });
  return running;
};

describe('the snapshot stream', () => {
  test('without any snapshot the gateway is not ready and says so to callers', async () => {
    const { url, gateway } = await startHere(nowhere);
    expect(gateway.readiness()).toEqual({ ready: false, because: 'there is no snapshot yet' });
    const answer = await chat(url);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await answer.json()).toMatchObject({ error: { code: 'not_ready' } });
  });

  test('a snapshot is applied, acknowledged at once and kept on disk, the last three of them', async () => {
    const { gateway } = await startHere(controlPlane.url);
    for (const number of [1, 2, 3, 4, 5]) {
      controlPlane.publish(snapshot(number));
      await until(`snapshot ${number} is acknowledged`, () => applied()?.number === number);
    }
    expect(gateway.readiness()).toEqual({ ready: true });
    expect(applied()).toEqual({ epoch: 1, number: 5, hash: snapshot(5).hash });
    const kept = 'snapshot-1-3.json snapshot-1-4.json snapshot-1-5.json';
    await until('the last three are on disk', async () => (await readdir(dataDir)).sort().join(' ') === kept);
  });

  test('with the control plane away it starts from disk and serves', async () => {
    await startHere(controlPlane.url);
    controlPlane.publish(snapshot(7));
    await until('it is on disk', async () => (await readdir(dataDir)).includes('snapshot-1-7.json'));
    await running?.stop();
    const { url, gateway } = await startHere(nowhere);
    expect(gateway.readiness()).toEqual({ ready: true });
    expect((await chat(url)).status).toBe(200);
  });

  test('damaged files are passed over for the newest whole one', async () => {
    const whole = JSON.stringify(snapshot(2));
    await writeFile(join(dataDir, 'snapshot-1-2.json'), whole);
    await writeFile(join(dataDir, 'snapshot-1-3.json'), whole.slice(0, 100));
    await writeFile(join(dataDir, 'snapshot-1-4.json'), whole.replace('"v1"', '"v9"'));
    await writeFile(join(dataDir, 'snapshot-1-5.json'), '');
    const { url, lines } = await startHere(nowhere);
    expect(await versionServed(url)).toBe('v1');
    expect(lines.filter(({ level }) => level === 'warn').length).toBeGreaterThanOrEqual(3);
  });

  test('older, damaged and contradicting snapshots are refused and traffic stays as it was', async () => {
    const { url, lines, metrics } = await startHere(controlPlane.url);
    controlPlane.publish(snapshot(5));
    await until('the first is applied', () => applied()?.number === 5);
    controlPlane.publish(snapshot(4, { version: 'old' }));
    controlPlane.publish(snapshot(5, { version: 'other' }));
    controlPlane.publishText(JSON.stringify({ ...snapshot(6, { version: 'bad' }), hash: '0'.repeat(64) }));
    controlPlane.publishText('{"format":1');
    controlPlane.publishText('{"format":2}');
    await until('all were refused', () => lines.filter(({ message }) => message.includes('refused')).length === 5);
    expect(await versionServed(url)).toBe('v1');
    expect(applied()?.number).toBe(5);
    const text = await metrics();
    expect(text).toContain('signalbox_gateway_snapshots_total{outcome="conflict"} 1');
    expect(text).toContain('signalbox_gateway_snapshots_total{outcome="older"} 1');
    expect(text).toContain('signalbox_gateway_snapshots_total{outcome="invalid"} 3');
    expect(lines.find(({ message }) => message.includes('other content'))?.level).toBe('error');
  });

  test('after a restored database a lower number of a higher epoch counts', async () => {
    const { url } = await startHere(controlPlane.url);
    controlPlane.publish(snapshot(90));
    await until('the first is applied', () => applied()?.number === 90);
    controlPlane.publish(snapshot(3, { epoch: 2, version: 'v2' }));
    await until('the restored one is applied', () => applied()?.epoch === 2);
    expect(await versionServed(url)).toBe('v2');
  });

  test('a lost control plane changes nothing, and is found again with what the gateway has', async () => {
    const { url, lines } = await startHere(controlPlane.url);
    controlPlane.publish(snapshot(5));
    await until('the first is applied', () => applied()?.number === 5);
    const { port } = controlPlane;
    await controlPlane.close();
    await until('the loss is noticed', () => lines.some(({ message }) => message.startsWith('not connected')));
    expect((await chat(url)).status).toBe(200);
    controlPlane = await new TestControlPlane().start(port);
    controlPlane.publish(snapshot(6, { version: 'v2' }));
    await until('the new one is applied', () => applied()?.number === 6);
    expect(controlPlane.have).toEqual(['1.5']);
    expect(lines.filter(({ message }) => message.startsWith('not connected'))).toHaveLength(1);
  });

  test('a snapshot from a newer control plane, with fields unknown here, is applied', async () => {
    await startHere(controlPlane.url);
    const routes = snapshot(1).routes.map((route) => ({ ...route, mirror: { share: 0.1 } }));
    controlPlane.publish({ ...snapshotOf(routes, { number: 2 }), future: true } as never);
    await until('it is applied', () => applied()?.number === 2);
  });

  test('a gateway keeps its id over restarts', async () => {
    const first = await gatewayIdIn(dataDir, () => 'gw-a');
    expect([first, await gatewayIdIn(dataDir, () => 'gw-b')]).toEqual(['gw-a', 'gw-a']);
  });
});
