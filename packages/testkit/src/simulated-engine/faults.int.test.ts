import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Faults } from './faults.ts';
import type { SimulatedEngine } from './start.ts';
import { LoadError, startSimulatedEngine } from './start.ts';

let engine: SimulatedEngine;
beforeEach(async () => {
  engine = await startSimulatedEngine({ simulation: { decodeMsPerToken: 0, prefillMsPerToken: 0 } });
});
afterEach(() => engine.close());

function ask(stream = false, signal?: AbortSignal) {
  return fetch(`${engine.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }], stream, max_tokens: 20, ignore_eos: true }),
    headers: { 'content-type': 'application/json' },
    ...(signal === undefined ? {} : { signal }),
  });
}

async function health(): Promise<number> {
  return (await fetch(`${engine.url}/health`)).status;
}

async function setOverHttp(change: unknown) {
  return fetch(`${engine.url}/simulated/faults`, {
    method: 'POST',
    body: JSON.stringify(change),
    headers: { 'content-type': 'application/json' },
  });
}

test('fail-rate fails its share before the first byte, the same requests for the same seed', async () => {
  engine.setFaults({ failRate: 0.5 });
  const statuses: number[] = [];
  for (let i = 0; i < 40; i += 1) {
    const answer = await ask(true);
    await answer.text();
    statuses.push(answer.status);
  }
  const failed = statuses.filter((status) => status === 500).length;
  expect(failed).toBeGreaterThan(10);
  expect(failed).toBeLessThan(30);
});

test("an error has vLLM's shape", async () => {
  engine.setFaults({ failRate: 1 });
  expect(await (await ask()).json()).toEqual({
    error: { message: 'Internal server error', type: 'InternalServerError', param: null, code: 500 },
  });
});

test('health lies while every generation fails', async () => {
  engine.setFaults({ healthLies: true });
  expect((await ask()).status).toBe(500);
  expect(await health()).toBe(200);
});

test('a dead engine says so', async () => {
  engine.setFaults({ dead: true });
  expect((await ask()).status).toBe(500);
  expect(await health()).toBe(503);
});

test('a stream breaks after its tokens', async () => {
  engine.setFaults({ failAfterTokens: 5 });
  const answer = await ask(true);
  const received: string[] = [];
  const reading = (async () => {
    for await (const part of answer.body ?? []) received.push(Buffer.from(part).toString());
  })();
  await expect(reading).rejects.toThrow();
  expect(received.join('')).not.toContain('[DONE]');
  await expect(ask(false)).rejects.toThrow();
});

test('a stalled stream stays open and silent', async () => {
  engine.setFaults({ stallAfterTokens: 2 });
  const leave = new AbortController();
  const answer = await ask(true, leave.signal);
  const reader = (answer.body ?? new ReadableStream<Uint8Array>()).getReader();
  let text = '';
  // The frame that opens the answer, and two tokens.
  while (text.split('data: ').length - 1 < 3) text += Buffer.from((await reader.read()).value ?? []).toString();
  const next = reader.read();
  expect(await Promise.race([next, health()])).toBe(200);
  leave.abort();
  await expect(next).rejects.toThrow();
});

test('hang accepts and does not answer; with a lying health only the health does', async () => {
  engine.setFaults({ hang: true, healthLies: true });
  const leave = new AbortController();
  const asked = ask(false, leave.signal);
  expect(await Promise.race([asked.catch(() => 'left'), health()])).toBe(200);
  leave.abort();
  await expect(asked).rejects.toThrow();
  expect((await setOverHttp({ hang: false, healthLies: false })).status).toBe(200);
  expect((await ask()).status).toBe(200);
});

test('empty and garbage answers', async () => {
  engine.setFaults({ emptyOutput: true });
  expect(await (await ask()).json()).toMatchObject({ choices: [{ message: { content: '' } }] });
  engine.setFaults({ emptyOutput: false, garbage: true });
  const { choices } = (await (await ask()).json()) as { choices: { message: { content: string } }[] };
  expect(choices[0]?.message.content).not.toContain(' ');
});

test.each<[string, unknown, RegExp]>([
  ['an unknown one', { failrate: 1 }, /unknown fault .*failrate.*known: failRate/],
  ['a value out of range', { failRate: 3 }, /from 0 to 1/],
  ['a wrong type', { hang: 'yes' } satisfies Record<keyof Pick<Faults, 'hang'>, unknown>, /true or false/],
])('faults set over HTTP: %s is refused', async (_name, change, message) => {
  const answer = await setOverHttp(change);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toMatch(message);
});

test('a crash while loading, or a KV cache too small for one request, is no engine', async () => {
  await expect(startSimulatedEngine({ faults: { crashAtLoad: true } })).rejects.toThrow(LoadError);
  await expect(startSimulatedEngine({ simulation: { kvCapacityTokens: 100 } })).rejects.toThrow(/max seq len/);
});
