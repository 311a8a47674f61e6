import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import type { AnswerApi, Dialect } from '../dialect.ts';
import { type CallerError, failed, retryAfter } from './caller-error.ts';
import { errorBody, errorEvent, errorStatus } from './error-shape.ts';

const limited: CallerError = {
  status: 429,
  type: 'rate_limit_error',
  code: 'rate_limit_exceeded',
  message: 'The limit of 10 tokens per minute is reached. Try again in 2 s.',
  headers: retryAfter(2_000),
};
const overloaded: CallerError = { status: 503, type: 'server_overloaded', code: 'server_overloaded', message: 'Full.' };

const answering = (status: number, body: string, contentType: string, headers: object = {}) => ({
  apiKey: 'x',
  baseURL: 'http://127.0.0.1:1',
  maxRetries: 0,
  fetch: async () => new Response(body, { status, headers: { 'content-type': contentType, ...headers } }),
});
const lost = failed(502, 'upstream_failed', 'The model was lost while it answered.');
const broken = (before: string, dialect: Dialect, api: AnswerApi) =>
  `${before}${errorEvent(lost, { dialect, api, frames: 1 }, 'req-1')}`;
const messages = [{ role: 'user' as const, content: 'x' }];

async function drained(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

describe('the official clients throw on the event that ends a broken stream', () => {
  test.each<[string, AnswerApi, string]>([
    ['chat', 'chat', 'data: {"choices":[]}\n\n'],
    ['responses', 'responses', 'event: response.created\ndata: {"type":"response.created"}\n\n'],
  ])('OpenAI’s, of %s', async (_, api, before) => {
    const client = new OpenAI(answering(200, broken(before, 'openai', api), 'text/event-stream'));
    const stream =
      api === 'chat'
        ? await client.chat.completions.create({ model: 'chat', messages, stream: true })
        : await client.responses.create({ model: 'chat', input: 'x', stream: true });
    await expect(drained(stream)).rejects.toThrow(lost.message);
  });

  test('Anthropic’s', async () => {
    const before = 'event: ping\ndata: {"type":"ping"}\n\n';
    const client = new Anthropic(answering(200, broken(before, 'anthropic', 'messages'), 'text/event-stream'));
    const stream = await client.messages.create({ model: 'chat', max_tokens: 1, messages, stream: true });
    await expect(drained(stream)).rejects.toThrow(lost.message);
  });
});

describe('the official clients know a refusal', () => {
  test('OpenAI’s, of a limit', async () => {
    const error = limited;
    const client = new OpenAI(
      answering(error.status, errorBody(error, 'openai', 'req-1'), 'application/json', error.headers),
    );
    const seen = await client.chat.completions.create({ model: 'chat', messages }).catch((thrown: unknown) => thrown);
    expect(seen).toBeInstanceOf(OpenAI.RateLimitError);
    expect(seen).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error', param: null });
  });

  test('Anthropic’s, of overload', async () => {
    const error = overloaded;
    const status = errorStatus(error, 'anthropic');
    const client = new Anthropic(answering(status, errorBody(error, 'anthropic', 'req-1'), 'application/json'));
    const asked = client.messages.create({ model: 'chat', max_tokens: 1, messages });
    await expect(asked).rejects.toMatchObject({ status: 529, error: { error: { type: 'overloaded_error' } } });
  });
});
