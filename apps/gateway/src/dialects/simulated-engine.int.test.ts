import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type SimulatedEngine, startSimulatedEngine } from '@signalbox/testkit/simulated-engine';
import { applyEdits } from './json/edit-bytes.ts';
import { askForUsage } from './request/ask-for-usage.ts';
import { drive, readerFor } from './streams/drive.fixture.ts';

let engine: SimulatedEngine;
beforeAll(async () => {
  engine = await startSimulatedEngine({ args: ['serve', 'org/tiny', '--served-model-name', 'tiny'] });
});
afterAll(() => engine.close());

const messages = [{ role: 'user', content: 'Tell me about signal boxes.' }];
const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }];

async function streamOf(path: string, body: Buffer): Promise<Buffer> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(engine.url + path, { method: 'POST', headers, body: new Uint8Array(body) });
  return Buffer.from(await answer.arrayBuffer());
}

/** Ids differ from answer to answer, and so does the second in which they were made. */
const plain = (text: string) =>
  text.replaceAll(/"(?:chatcmpl|cmpl)-(?:tool-)?[0-9a-f]+"/g, '"id"').replaceAll(/"created":\d+/g, '"created":0');

describe('usage asked for by the gateway and hidden again', () => {
  test.each<[string, 'chat' | 'completions', string, object]>([
    ['a chat', 'chat', '/v1/chat/completions', { messages, max_tokens: 20 }],
    ['log probabilities', 'chat', '/v1/chat/completions', { messages, max_tokens: 5, logprobs: true, top_logprobs: 2 }],
    ['a tool call', 'chat', '/v1/chat/completions', { messages, tools, tool_choice: 'required', max_tokens: 40 }],
    ['a completion', 'completions', '/v1/completions', { prompt: 'Once', max_tokens: 9 }],
  ])('leaves %s as it would have been', async (_, api, path, more) => {
    const body = Buffer.from(JSON.stringify({ model: 'tiny', stream: true, seed: 1, temperature: 0, ...more }));
    const places = { streamOptions: undefined, closingBrace: body.length - 1 };
    const request = askForUsage(body, places, 'simulated', api);
    const unasked = await streamOf(path, body);
    const asked = await streamOf(path, applyEdits(body, request?.edits ?? []));
    expect(asked.length).toBeGreaterThan(unasked.length);
    const reader = readerFor({ api, hidden: request?.hidden });
    const seen = drive(reader, asked);
    expect(seen.isWhole).toBe(true);
    expect(plain(seen.text)).toBe(plain(unasked.toString()));
    expect(reader.usage?.output).toBeGreaterThan(0);
  });
});
