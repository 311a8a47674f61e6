import { afterAll, beforeAll, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import type { SimulatedEngine } from './start.ts';
import { startSimulatedEngine } from './start.ts';

let engine: SimulatedEngine;
let client: OpenAI;

beforeAll(async () => {
  engine = await startSimulatedEngine({
    args: ['serve', 'tiny', '--api-key', 'secret'],
    simulation: { decodeMsPerToken: 0, prefillMsPerToken: 0 },
  });
  client = new OpenAI({ baseURL: `${engine.url}/v1`, apiKey: 'secret', maxRetries: 0 });
});
afterAll(() => engine.close());

const messages = [{ role: 'user' as const, content: 'Hello' }];

test("OpenAI's own client reads plain answers, streams, responses and models", async () => {
  const plain = await client.chat.completions.create({ model: 'tiny', messages });
  const stream = await client.chat.completions.create({
    model: 'tiny',
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  let usage = 0;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    usage = chunk.usage?.completion_tokens ?? usage;
  }
  expect(text).toBe(plain.choices[0]?.message.content);
  expect(usage).toBe(plain.usage?.completion_tokens);

  const events: string[] = [];
  const response = client.responses.stream({ model: 'tiny', input: 'Hello' });
  for await (const event of response) events.push(event.type);
  expect(events.at(0)).toBe('response.created');
  expect(events.at(-1)).toBe('response.completed');
  expect((await response.finalResponse()).output_text.length).toBeGreaterThan(50);

  const names: string[] = [];
  for await (const model of client.models.list()) names.push(model.id);
  expect(names).toEqual(['tiny']);
});

test("OpenAI's own client sees errors as its own classes", async () => {
  const asked = (model: string, temperature = 1) => client.chat.completions.create({ model, messages, temperature });
  await expect(asked('nope')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  await expect(asked('tiny', -3)).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  const stranger = new OpenAI({ baseURL: `${engine.url}/v1`, apiKey: 'wrong', maxRetries: 0 });
  await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  engine.setFaults({ failRate: 1 });
  await expect(asked('tiny')).rejects.toBeInstanceOf(OpenAI.InternalServerError);
  engine.setFaults({ failRate: 0, failAfterTokens: 3 });
  const stream = await client.chat.completions.create({ model: 'tiny', messages, stream: true });
  const reading = (async () => {
    for await (const chunk of stream) expect(chunk.id).toMatch(/^chatcmpl-/);
  })();
  await expect(reading).rejects.toThrow();
  engine.setFaults({ failAfterTokens: null });
});
