import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort, until } from '../installation/index.ts';

const root = join(import.meta.dirname, '..', '..');
const slow = 180_000;

interface Start {
  process: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
}

let dataDir: string;
let ports: { api: number; gateway: number };

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'signalbox-start-'));
  ports = { api: await freePort(), gateway: await freePort() };
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }));

function start(...more: string[]): Start {
  const args = [
    'scripts/start.mjs',
    '--data-dir',
    dataDir,
    '--port',
    `${ports.api}`,
    '--gateway-port',
    `${ports.gateway}`,
  ];
  const child = spawn(process.execPath, [...args, ...more], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  return { process: child, output: () => text, ended: new Promise((resolve) => child.once('exit', resolve)) };
}

async function untilRunning({ output, ended }: Start): Promise<void> {
  const running = until('Signalbox runs', async () => output().includes('Ctrl-C stops'), { withinMs: 120_000 });
  const died = ended.then((code) => Promise.reject(new Error(`it ended with ${code}:\n${output()}`)));
  await Promise.race([running, died]);
  died.catch(() => undefined);
}

async function stop(started: Start): Promise<void> {
  started.process.kill('SIGTERM');
  expect(await started.ended).toBe(0);
}

async function ask(): Promise<number> {
  const { consumerKey } = JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8'));
  const response = await fetch(`http://127.0.0.1:${ports.gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${consumerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }], max_tokens: 2 }),
  });
  await response.text();
  return response.status;
}

describe('npm start', () => {
  test(
    'names every port that is taken and how to choose another, before anything has started',
    async () => {
      const squatter = await occupy(ports.gateway);
      const refused = start();
      expect(await refused.ended).toBe(1);
      expect(refused.output()).toContain(`${ports.gateway}, for the gateway: choose another with --gateway-port`);
      expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
      await new Promise((resolve) => squatter.close(resolve));
    },
    slow,
  );

  test(
    'refuses unknown flags with its usage',
    async () => {
      const refused = start('--prot', '1');
      expect(await refused.ended).toBe(64);
      expect(refused.output()).toContain('Usage: npm start');
    },
    slow,
  );

  test(
    'starts, keeps its secrets from others, refuses to run twice on the same data, and stops',
    async () => {
      const first = start();
      await untilRunning(first);
      expect(await ask()).toBe(200);
      for (const file of ['credentials.json', 'secrets.json']) {
        expect(statSync(join(dataDir, file)).mode & 0o077).toBe(0);
      }
      const second = start();
      expect(await second.ended).toBe(1);
      expect(second.output()).toContain('already runs');
      await stop(first);
    },
    slow,
  );

  test(
    'finds its data again, also after kill -9 and with a lock left behind',
    async () => {
      const killed = start();
      await untilRunning(killed);
      process.kill(readLockedPid(), 'SIGKILL');
      await killed.ended;
      const again = start();
      await untilRunning(again);
      expect(again.output()).not.toContain('applying examples/quickstart');
      expect(await ask()).toBe(200);
      await stop(again);
    },
    slow,
  );

  test(
    'makes a database folder anew that was never finished, and keeps the half beside it',
    async () => {
      unlinkSync(join(dataDir, 'signalbox-initialised'));
      const healed = start('--no-quickstart');
      await untilRunning(healed);
      expect(healed.output()).toContain('never finished');
      expect(existsSync(join(dataDir, 'postgres.incomplete'))).toBe(true);
      await stop(healed);
    },
    slow,
  );

  test(
    'sets a broken file aside and says so',
    async () => {
      writeFileSync(join(dataDir, 'lock.json'), '{ not json');
      const started = start('--no-quickstart');
      await untilRunning(started);
      expect(started.output()).toContain('lock.json could not be read; it was set aside');
      await stop(started);
    },
    slow,
  );
});

function readLockedPid(): number {
  return JSON.parse(readFileSync(join(dataDir, 'lock.json'), 'utf8')).pid;
}

function occupy(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
