import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { token, until } from '../../gateway.fixture.ts';
import {
  addressesOf,
  type GatewayProcess,
  killGatewayProcess,
  startGatewayProcess,
} from '../../gateway-process.fixture.ts';
import { runMetering } from './metering-run.fixture.ts';

let dataDir: string;
let running: GatewayProcess[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'signalbox-metering-'));
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map(killGatewayProcess));
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(controlPlaneUrl: string, workers: number) {
  const gateway = startGatewayProcess({
    SIGNALBOX_CONTROL_PLANE_URL: controlPlaneUrl,
    SIGNALBOX_GATEWAY_TOKEN: token,
    SIGNALBOX_GATEWAY_DATA_DIR: dataDir,
    SIGNALBOX_GATEWAY_WORKERS: String(workers),
  });
  running.push(gateway);
  const { url } = await addressesOf(gateway);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    gateway.child.kill(signal);
    await gateway.exit;
  };
  return { ...gateway, url, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

const nothingWrong = {
  missing: 0,
  twice: 0,
  tokensOff: 0,
  brokenOff: 0,
  estimated: 0,
  inexact: 0,
  shown: 0,
  failed: 0,
  doneAgain: 0,
};

test('a thousand mixed calls are booked once each, as the engines told them, through a kill and lost answers', async () => {
  const run = await runMetering({
    calls: 1_000,
    seed: 1,
    concurrency: 32,
    kills: 1,
    startGateway: (url) => start(url, 0),
  });
  expect(run.wrong).toEqual(nothingWrong);
  // All kinds were there.
  expect(run.exact).toBeGreaterThan(500);
  expect(run.partial).toBeGreaterThan(20);
  expect(run.estimated).toBeGreaterThan(0);
  expect(run.answersLost).toBeGreaterThan(0);
}, 30_000);

test('so they are by two workers of which one is killed: its part is told by the other processes', async () => {
  let gateway: Awaited<ReturnType<typeof start>> | undefined;
  const run = await runMetering({
    calls: 600,
    seed: 2,
    concurrency: 32,
    kills: 1,
    startGateway: async (controlPlaneUrl) => {
      gateway ??= await start(controlPlaneUrl, 2);
      const { served } = gateway;
      const kill = async (): Promise<void> => {
        const [worker = 0, ...others] = served();
        process.kill(worker, 'SIGKILL');
        await until('another one serves', () => served().length > others.length + 1);
      };
      return { ...gateway, kill };
    },
  });
  expect(run.wrong).toEqual(nothingWrong);
  expect(run.estimated).toBeGreaterThan(0);
}, 30_000);
