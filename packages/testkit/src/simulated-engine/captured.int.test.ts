import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { capturedAnswer, shapeOf, streamShape } from './captured-answer.ts';
import type { SimulatedEngine } from './start.ts';
import { startSimulatedEngine } from './start.ts';

let engine: SimulatedEngine;

beforeAll(async () => {
  engine = await startSimulatedEngine({
    args: ['serve', '/models/tiny', '--served-model-name', 'tiny', '--max-model-len', '1024'],
    simulation: { decodeMsPerToken: 0, prefillMsPerToken: 0 },
  });
});
afterAll(() => engine.close());

const messages = [{ role: 'user', content: 'Tell me about signal boxes.' }];

type Asked = { name: string; path: string; body?: unknown; raw?: string; compare: 'shape' | 'stream' | 'exact' };

const asked: Asked[] = [
  { name: 'chat', path: '/v1/chat/completions', body: { model: 'tiny', messages, max_tokens: 8 }, compare: 'shape' },
  {
    name: 'chat-logprobs',
    path: '/v1/chat/completions',
    body: { model: 'tiny', messages, max_tokens: 2, logprobs: true, top_logprobs: 2 },
    compare: 'shape',
  },
  {
    name: 'chat-stream',
    path: '/v1/chat/completions',
    body: { model: 'tiny', messages, max_tokens: 6, stream: true, stream_options: { include_usage: true } },
    compare: 'stream',
  },
  {
    name: 'completion',
    path: '/v1/completions',
    body: { model: 'tiny', prompt: 'a', max_tokens: 4 },
    compare: 'shape',
  },
  {
    name: 'completion-stream',
    path: '/v1/completions',
    body: { model: 'tiny', prompt: 'a', max_tokens: 4, stream: true },
    compare: 'stream',
  },
  {
    name: 'anthropic-messages',
    path: '/v1/messages',
    body: { model: 'tiny', messages, max_tokens: 4 },
    compare: 'shape',
  },
  {
    name: 'anthropic-messages-stream',
    path: '/v1/messages',
    body: { model: 'tiny', messages, max_tokens: 4, stream: true },
    compare: 'stream',
  },
  {
    name: 'responses',
    path: '/v1/responses',
    body: { model: 'tiny', input: 'Hello', max_output_tokens: 4 },
    compare: 'shape',
  },
  { name: 'tokenize', path: '/tokenize', body: { model: 'tiny', prompt: 'Hello there' }, compare: 'shape' },
  { name: 'embeddings', path: '/v1/embeddings', body: { model: 'tiny', input: 'Hello' }, compare: 'exact' },
  { name: 'models', path: '/v1/models', compare: 'shape' },
  { name: 'version', path: '/version', compare: 'shape' },
  { name: 'load', path: '/load', compare: 'exact' },
  { name: 'health', path: '/health', compare: 'exact' },
  { name: 'ping', path: '/ping', compare: 'exact' },
  {
    name: 'err-unknown-model',
    path: '/v1/chat/completions',
    body: { model: 'nope', messages },
    compare: 'exact',
  },
  { name: 'err-bad-json', path: '/v1/chat/completions', raw: '{not json', compare: 'exact' },
  {
    name: 'err-bad-parameter',
    path: '/v1/chat/completions',
    body: { model: 'tiny', messages, temperature: -3 },
    compare: 'exact',
  },
  {
    name: 'err-context-length',
    path: '/v1/completions',
    body: { model: 'tiny', prompt: 'hello '.repeat(2000) },
    compare: 'exact',
  },
];

function contentOf(body: string, compare: Asked['compare']): unknown {
  if (compare === 'exact') return body;
  return compare === 'stream' ? streamShape(body) : shapeOf(JSON.parse(body));
}

test.each(asked)('$name is answered as the captured vLLM answered it', async ({ name, path, body, raw, compare }) => {
  const captured = capturedAnswer(name);
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const init =
    sent === undefined ? {} : { method: 'POST', body: sent, headers: { 'content-type': 'application/json' } };
  const answer = await fetch(engine.url + path, init);
  const text = await answer.text();
  expect(answer.status).toBe(captured.status);
  expect(answer.headers.get('content-type')).toBe(captured.headers.get('content-type') ?? null);
  expect(answer.headers.get('x-simulated-engine')).toBe('1');
  const names = [...answer.headers.keys()].filter((header) => header !== 'x-simulated-engine');
  expect(names.sort()).toEqual([...captured.headers.keys()].sort());
  expect(contentOf(text, compare)).toEqual(contentOf(captured.body, compare));
});

test('the version and the fingerprint say that this is a simulation', async () => {
  const version = await fetch(`${engine.url}/version`);
  expect(await version.json()).toEqual({ version: '0.32.0+simulated' });
  const chat = await fetch(`${engine.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ messages, max_tokens: 1 }),
    headers: { 'content-type': 'application/json' },
  });
  expect(await chat.json()).toMatchObject({ system_fingerprint: expect.stringContaining('simulated') });
});

test('of the paths that vLLM listed, those offered here take the same methods, and the rest is 404', async () => {
  const lines = (await import('node:fs'))
    .readFileSync(new URL('captured/paths.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/) as [string, string]);
  const absent: string[] = [];
  for (const [method, path] of lines) {
    const answer = await fetch(engine.url + path, { method });
    await answer.text();
    if (answer.status === 404) absent.push(`${method} ${path}`);
    expect(answer.status).not.toBe(405);
  }
  expect(absent).toEqual([
    'GET /kv_event_sources',
    'GET /v1/responses/{response_id}',
    'POST /generative_scoring',
    'POST /invocations',
    'POST /is_scaling_elastic_ep',
    'POST /scale_elastic_ep',
    'POST /v1/chat/completions/batch',
    'POST /v1/responses/{response_id}/cancel',
    'POST /v1/systemone',
  ]);
});
