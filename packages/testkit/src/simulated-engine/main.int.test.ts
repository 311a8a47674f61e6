import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';

const children: ChildProcessWithoutNullStreams[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function run(args: readonly string[], env: Record<string, string> = {}) {
  const program = fileURLToPath(new URL('main.ts', import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { env: { PATH: process.env.PATH, ...env } });
  children.push(child);
  let log = '';
  const urlSeen = new Promise<string>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      const url = /Listening on (\S+)/.exec(log)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, urlSeen, exit, log: () => log };
}

function stream(url: string, maxTokens: number) {
  return fetch(`${url}/v1/completions`, {
    method: 'POST',
    body: JSON.stringify({ prompt: 'Hello', stream: true, max_tokens: maxTokens, ignore_eos: true }),
    headers: { 'content-type': 'application/json' },
  });
}

test("takes vllm's arguments, shows them, and drains on SIGTERM", async () => {
  const engine = run([
    'serve',
    'my/model',
    '--port',
    '0',
    '-tp',
    '2',
    '--quantization',
    'fp8',
    '--shutdown-timeout',
    '20',
  ]);
  const url = await engine.urlSeen;
  expect(await (await fetch(`${url}/simulated/arguments`)).json()).toEqual({
    model: 'my/model',
    port: '0',
    'tensor-parallel-size': '2',
    quantization: 'fp8',
    'shutdown-timeout': '20',
  });
  const open = await stream(url, 40);
  engine.child.kill('SIGTERM');
  expect(await open.text()).toMatch(/"finish_reason":"length".*\n\ndata: \[DONE\]\n\n$/);
  expect(await engine.exit).toBe(0);
});

test('without a shutdown timeout SIGTERM aborts what runs', async () => {
  const engine = run(['serve', 'my/model', '--port', '0']);
  const open = await stream(await engine.urlSeen, 10_000);
  engine.child.kill('SIGTERM');
  expect(await open.text()).toContain('"finish_reason":"abort"');
  expect(await engine.exit).toBe(0);
});

test('a crash while loading exits 1 with the log of a CUDA out-of-memory error', async () => {
  const engine = run(['serve', 'my/model', '--port', '0'], { SIM_CRASH_AT_LOAD: '1' });
  expect(await engine.exit).toBe(1);
  expect(engine.log()).toContain('torch.OutOfMemoryError: CUDA out of memory');
});

test('SIGTERM while loading ends it at once', async () => {
  const engine = run(['serve', 'my/model', '--port', '0', '--sim-load-ms', '60000']);
  await once(engine.child.stderr, 'data');
  engine.child.kill('SIGTERM');
  expect(await engine.exit).toBe(143);
});

test('a misspelt simulation setting exits 2', async () => {
  const engine = run(['serve', 'my/model', '--sim-decode-ms', '5']);
  expect(await engine.exit).toBe(2);
  expect(engine.log()).toContain('--sim-decode-ms-per-token');
});
