import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { manualClock } from './manual-clock.ts';
import type { SimulatedEngine, SimulatedEngineOptions } from './start.ts';
import { startSimulatedEngine } from './start.ts';

let running: SimulatedEngine | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(options: SimulatedEngineOptions = {}): Promise<SimulatedEngine> {
  running = await startSimulatedEngine({
    ...options,
    simulation: { decodeMsPerToken: 0, prefillMsPerToken: 0, ...options.simulation },
  });
  return running;
}

async function post(engine: SimulatedEngine, path: string, body: unknown, headers: Record<string, string> = {}) {
  const init = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  };
  const answer = await fetch(engine.url + path, init);
  const text = await answer.text();
  const isJson = answer.headers.get('content-type') === 'application/json';
  return { status: answer.status, text, json: isJson ? JSON.parse(text) : undefined };
}

const messages = [{ role: 'user', content: 'Hello' }];
const chatPath = '/v1/chat/completions';

test('a stream says the same as a plain answer', async () => {
  const engine = await start();
  const plain = await post(engine, chatPath, { messages });
  const stream = await post(engine, chatPath, { messages, stream: true });
  const text = [...stream.text.matchAll(/^data: (\{.*)$/gm)]
    .map(([, data = '']) => JSON.parse(data).choices[0].delta.content)
    .join('');
  expect(text).toBe(plain.json.choices[0].message.content);
  expect(text.length).toBeGreaterThan(50);
});

test('n answers are told apart by their index, and the prompt counts once', async () => {
  const engine = await start();
  const { json } = await post(engine, chatPath, { messages, n: 3, max_tokens: 4, ignore_eos: true });
  expect(json.choices.map((choice: { index: number }) => choice.index)).toEqual([0, 1, 2]);
  expect(new Set(json.choices.map((choice: { message: { content: string } }) => choice.message.content)).size).toBe(3);
  expect(json.usage.completion_tokens).toBe(12);
});

test('usage can come with every frame', async () => {
  const engine = await start();
  const options = { include_usage: true, continuous_usage_stats: true };
  const body = { messages, max_tokens: 3, stream: true, stream_options: options };
  const { text } = await post(engine, chatPath, body);
  const usages = [...text.matchAll(/"completion_tokens":(\d+)/g)].map(([, count]) => Number(count));
  expect(usages).toEqual([1, 1, 2, 3, 3]);
});

test('a forced tool is called with arguments that fit its schema', async () => {
  const engine = await start();
  const parameters = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } };
  const tools = [{ type: 'function', function: { name: 'weather', parameters } }];
  const named = await post(engine, chatPath, {
    messages,
    tools,
    tool_choice: { type: 'function', function: { name: 'weather' } },
  });
  const [choice] = named.json.choices;
  expect(choice.message.tool_calls[0].function.name).toBe('weather');
  expect(JSON.parse(choice.message.tool_calls[0].function.arguments)).toEqual({
    city: expect.any(String),
    days: expect.any(Number),
  });
  const required = await post(engine, chatPath, { messages, tools, tool_choice: 'required' });
  expect(required.json.choices[0].finish_reason).toBe('tool_calls');
  const auto = await post(engine, chatPath, { messages, tools });
  expect(auto.status).toBe(400);
});

test('response_format gives JSON', async () => {
  const engine = await start();
  const { json } = await post(engine, chatPath, { messages, response_format: { type: 'json_object' } });
  expect(JSON.parse(json.choices[0].message.content)).toEqual(expect.any(Object));
});

test('a prompt and an answer that do not fit together are refused', async () => {
  const engine = await start({ args: ['--max-model-len', '64'] });
  const { status, json } = await post(engine, '/v1/completions', { prompt: 'x'.repeat(160), max_tokens: 40 });
  expect(status).toBe(400);
  expect(json.error).toMatchObject({ type: 'BadRequestError', param: 'input_tokens', code: 400 });
  expect(json.error.message).toContain('you requested 40 output tokens and your prompt contains 41 input tokens');
});

test('/detokenize gives back what /tokenize was given', async () => {
  const engine = await start();
  const { json } = await post(engine, '/tokenize', { prompt: 'Grüße 🚦' });
  expect((await post(engine, '/detokenize', { tokens: json.tokens })).json).toEqual({ prompt: 'Grüße 🚦' });
});

test('embeddings exist on a pooling model only', async () => {
  const engine = await start({ args: ['--runner', 'pooling'] });
  const { json } = await post(engine, '/v1/embeddings', { input: ['a', 'b'], dimensions: 8 });
  expect(json.data.map((one: { embedding: number[] }) => one.embedding.length)).toEqual([8, 8]);
  expect((await post(engine, chatPath, { messages })).json).toEqual({ detail: 'Not Found' });
});

test('the key guards /v1 and nothing else', async () => {
  const engine = await start({ args: ['--api-key', 'secret'] });
  expect(await post(engine, chatPath, { messages })).toMatchObject({ status: 401, json: { error: 'Unauthorized' } });
  expect((await post(engine, chatPath, { messages }, { authorization: 'Bearer secret' })).status).toBe(200);
  expect((await post(engine, '/tokenize', { prompt: 'a' })).status).toBe(200);
});

test('adapters can be loaded, addressed and unloaded when that is allowed', async () => {
  const engine = await start({ args: ['--enable-lora'], env: { VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True' } });
  const load = { lora_name: 'support', lora_path: '/adapters/support' };
  expect((await post(engine, '/v1/load_lora_adapter', load)).text).toContain('added successfully');
  expect((await post(engine, '/v1/load_lora_adapter', load)).json.error.type).toBe('InvalidUserInput');
  expect((await post(engine, chatPath, { model: 'support', messages })).json.model).toBe('support');
  expect(await (await fetch(`${engine.url}/v1/models`)).json()).toMatchObject({ data: [{}, { id: 'support' }] });
  expect((await post(engine, '/v1/unload_lora_adapter', { lora_name: 'support' })).status).toBe(200);
  expect((await post(engine, chatPath, { model: 'support', messages })).status).toBe(404);
});

test('without the development mode there is no sleep; with it, health stays 200 while asleep', async () => {
  const plain = await start();
  expect((await post(plain, '/sleep', {})).json).toEqual({ detail: 'Not Found' });
  await plain.close();
  const engine = await start({ args: ['--enable-sleep-mode'], env: { VLLM_SERVER_DEV_MODE: '1' } });
  expect((await post(engine, '/sleep?level=2', {})).status).toBe(200);
  expect(await (await fetch(`${engine.url}/is_sleeping`)).json()).toEqual({ is_sleeping: true });
  expect((await fetch(`${engine.url}/health`)).status).toBe(200);
  expect((await post(engine, '/wake_up', {})).status).toBe(200);
  expect((await post(engine, chatPath, { messages })).json.choices[0].message.content).not.toMatch(/^[A-Z][a-z]* /);
  await post(engine, '/collective_rpc', { method: 'reload_weights' });
  expect((await post(engine, chatPath, { messages })).json.choices[0].message.content).toMatch(/^[A-Z][a-z]* /);
});

test('a client that goes takes its generation with it', async () => {
  const clock = manualClock();
  const engine = await start({ clock, simulation: { decodeMsPerToken: 10 } });
  const client = request(engine.url + chatPath, { method: 'POST', headers: { 'content-type': 'application/json' } });
  client.on('error', () => {});
  client.end(JSON.stringify({ messages, stream: true, max_tokens: 1000, ignore_eos: true }));
  await once(client, 'response');
  expect(engine.stats()).toMatchObject({ running: 1, cancelled: 0 });
  client.destroy();
  // The server notices in its own time; each round trip lets it look.
  while (engine.stats().running > 0) await (await fetch(`${engine.url}/health`)).text();
  expect(engine.stats()).toMatchObject({ running: 0, cancelled: 1, aborted: 1 });
});

test('draining finishes the open stream before the port is closed', async () => {
  const engine = await start({ simulation: { decodeMsPerToken: 1 } });
  const stream = await fetch(engine.url + chatPath, {
    method: 'POST',
    body: JSON.stringify({ messages, stream: true, max_tokens: 30, ignore_eos: true }),
    headers: { 'content-type': 'application/json' },
  });
  const drained = engine.drain(10_000);
  const late = await post(engine, chatPath, { messages });
  expect(late.json.choices[0].finish_reason).toBe('abort');
  expect(await stream.text()).toMatch(/"finish_reason":"length".*\n\ndata: \[DONE\]\n\n$/);
  await drained;
  await expect(fetch(`${engine.url}/health`)).rejects.toThrow();
});
