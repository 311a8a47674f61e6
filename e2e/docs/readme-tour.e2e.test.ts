import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort, until } from '../installation/index.ts';
import { consoleCommands, words } from './console-blocks.ts';

const root = join(import.meta.dirname, '..', '..');
const commands = consoleCommands(readFileSync(join(root, 'README.md'), 'utf8'));
/** Said in the README: this one ends with "rolled back", the broken manifest with "refused". */
const exitCodes: readonly (readonly [RegExp, number])[] = [
  [/apply -f examples\/broken/, 3],
  [/^echo .*apply -f -$/, 1],
];

let dataDir: string;
let started: ChildProcess;
let output = '';
let env: NodeJS.ProcessEnv;
const background: { command: string; ended: Promise<number | null>; output: () => string }[] = [];

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'signalbox-tour-'));
  const [port, gatewayPort] = [await freePort(), await freePort()];
  const args = ['scripts/start.mjs', '--data-dir', dataDir, '--port', `${port}`, '--gateway-port', `${gatewayPort}`];
  started = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [started.stdout, started.stderr]) stream?.on('data', (chunk) => (output += chunk));
  await until('Signalbox says that it runs', async () => output.includes('Ctrl-C stops'), { withinMs: 150_000 });
  const credentials = JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8'));
  env = {
    ...process.env,
    SIGNALBOX_URL: credentials.url,
    SIGNALBOX_TOKEN: credentials.token,
    SIGNALBOX_GATEWAY_URL: credentials.gatewayUrl,
    SIGNALBOX_KEY: credentials.consumerKey,
  };
}, 180_000);

afterAll(() => {
  started?.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

test('the welcome names the addresses, a token, and three commands to try', () => {
  for (const promised of ['API', 'gateway', 'token', 'signalbox chat', 'signalbox promote', 'signalbox rollback']) {
    expect(output).toContain(promised);
  }
});

test('the README has a tour', () => {
  expect(commands.length).toBeGreaterThan(8);
});

test.each(commands)(
  '$command',
  async ({ command, promised }) => {
    const inBackground = command.endsWith('&');
    const shell = run(inBackground ? command.slice(0, -1) : command);
    if (inBackground) return void background.push({ command, ...shell });
    const code = await shell.ended;
    const expected = exitCodes.find(([pattern]) => pattern.test(command))?.[1] ?? 0;
    expect({ code, output: shell.output() }).toEqual({ code: expected, output: expect.anything() });
    const seen = words(shell.output());
    for (const line of promised) expect(seen).toContain(words(line));
  },
  150_000,
);

test('no request of the tour failed', async () => {
  for (const each of background) {
    expect({ code: await each.ended, output: each.output() }).toMatchObject({ code: 0 });
    expect(each.output()).not.toContain('failed');
  }
}, 150_000);

test('Ctrl-C stops all of it within ten seconds', async () => {
  const ended = new Promise<number | null>((resolve) => started.once('exit', resolve));
  const since = Date.now();
  started.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(Date.now() - since).toBeLessThan(10_000);
}, 60_000);

function run(command: string): { ended: Promise<number | null>; output: () => string } {
  const child = spawn('sh', ['-c', command], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  return { ended: new Promise((resolve) => child.once('exit', resolve)), output: () => text };
}
