import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { token, until } from '../../gateway.fixture.ts';
import { type GatewayProcess, runMetering } from './metering-run.fixture.ts';

const main = fileURLToPath(new URL('../../main.ts', import.meta.url));
let dataDir: string;
let children: ChildProcess[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'signalbox-metering-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

async function startGateway(controlPlaneUrl: string): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [main], {
    env: {
      SIGNALBOX_CONTROL_PLANE_URL: controlPlaneUrl,
      SIGNALBOX_GATEWAY_TOKEN: token,
      SIGNALBOX_GATEWAY_DATA_DIR: dataDir,
      SIGNALBOX_GATEWAY_PORT: '0',
      SIGNALBOX_GATEWAY_ADMIN_PORT: '0',
      SIGNALBOX_GATEWAY_REQUEST_LOG: 'off',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  const gone = once(child, 'exit');
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const listening = (): string | undefined => text.split('\n').find((line) => line.includes('"listening"'));
  await until('it listens', () => listening() !== undefined);
  const { host, port } = JSON.parse(listening() ?? '') as { host: string; port: number };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await gone;
  };
  return { url: `http://${host}:${port}`, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

test('a thousand mixed calls are booked once each, as the engines told them, through a kill and lost answers', async () => {
  const run = await runMetering({ calls: 1_000, seed: 1, concurrency: 32, kills: 1, startGateway });
  expect(run.wrong).toEqual({
    missing: 0,
    twice: 0,
    tokensOff: 0,
    brokenOff: 0,
    estimated: 0,
    inexact: 0,
    shown: 0,
    failed: 0,
    doneAgain: 0,
  });
  // All kinds were there.
  expect(run.exact).toBeGreaterThan(500);
  expect(run.partial).toBeGreaterThan(20);
  expect(run.estimated).toBeGreaterThan(0);
  expect(run.answersLost).toBeGreaterThan(0);
}, 30_000);
