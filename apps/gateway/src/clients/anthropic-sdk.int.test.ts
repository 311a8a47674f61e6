import Anthropic, {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../gateway.fixture.ts';
import { type ClientsInstallation, secrets, startForClients } from './clients.fixture.ts';

let gateway: ClientsInstallation;
beforeAll(async () => {
  gateway = await startForClients();
});
afterAll(() => gateway.stop());

const clientWith = (apiKey: string, maxRetries = 0) => new Anthropic({ apiKey, baseURL: gateway.url, maxRetries });
const messages = [{ role: 'user' as const, content: 'Say something.' }];
const short = { max_tokens: 5, messages };

async function failureOf(asked: PromiseLike<unknown>): Promise<APIError> {
  const failure = await asked.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof APIError)) throw new Error(`that is no API error: ${String(failure)}`);
  return failure;
}

async function textOf(stream: AsyncIterable<Anthropic.MessageStreamEvent>): Promise<string> {
  let text = '';
  for await (const event of stream)
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
  return text;
}

describe.each([
  ['that speaks Messages', 'chat', 'breaking'],
  ['that only speaks OpenAI’s chat', 'translated', 'breaking-translated'],
])('the official Anthropic client and an engine %s', (_, model, breaking) => {
  test('a message, and who gave it', async () => {
    const { data, response, request_id } = await clientWith(secrets.all)
      .messages.create({ ...short, model })
      .withResponse();
    expect(data).toMatchObject({ type: 'message', role: 'assistant', model, stop_reason: 'max_tokens' });
    expect(data.content).toEqual([{ type: 'text', text: expect.stringMatching(/./) }]);
    expect(data.usage.output_tokens).toBe(5);
    expect(request_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(Reflect.get(data, '_request_id')).toBe(request_id);
    expect(response.headers.get('x-signalbox-revision')).toBe('chat/1');
    expect(response.headers.get('x-signalbox-model-version')).toBe('v1');
    expect(response.headers.get('x-signalbox-replica')).toBe(`rev-${model}-${gateway.engine.port}`);
  });

  test('a stream, which its helper puts together to the message', async () => {
    const stream = clientWith(secrets.all).messages.stream({ ...short, model, max_tokens: 12, system: 'Be brief.' });
    const seen: string[] = [];
    stream.on('text', (text) => seen.push(text));
    const message = await stream.finalMessage();
    expect(stream.request_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(message).toMatchObject({ model, stop_reason: 'max_tokens', usage: { output_tokens: 12 } });
    expect(message.usage.input_tokens).toBeGreaterThan(0);
    expect(message.content).toEqual([{ type: 'text', text: seen.join('') }]);
    expect(seen.length).toBeGreaterThan(2);
  });

  test('the tokens of a prompt are counted as its message counts them', async () => {
    const client = clientWith(secrets.all);
    const { input_tokens } = await client.messages.countTokens({ model, messages, system: 'Be brief.' });
    const { usage } = await client.messages.create({ ...short, model, system: 'Be brief.' });
    expect(Math.abs(input_tokens - usage.input_tokens - (usage.cache_read_input_tokens ?? 0))).toBeLessThanOrEqual(1);
  });

  test('an abort in mid-stream frees the engine', async () => {
    const before = gateway.engine.stats().cancelled;
    const stream = await clientWith(secrets.all).messages.create({
      ...short,
      model,
      max_tokens: 2_000,
      stream: true,
    });
    for await (const event of stream) if (event.type === 'content_block_delta') break;
    await until('the engine was told', () => gateway.engine.stats().cancelled === before + 1);
    expect(gateway.engine.stats().running).toBe(0);
  });

  test('an abort before the answer does, too', async () => {
    const before = gateway.engine.stats().cancelled;
    const controller = new AbortController();
    const { signal } = controller;
    const asked = clientWith(secrets.all).messages.create({ ...short, model, max_tokens: 2_000 }, { signal });
    const failure = failureOf(asked);
    await until('the engine works', () => gateway.engine.stats().running === 1);
    controller.abort();
    expect(await failure).toBeInstanceOf(APIUserAbortError);
    await until('the engine was told', () => gateway.engine.stats().cancelled === before + 1);
  });

  test('a timeout of the client ends the work as well', async () => {
    const before = gateway.engine.stats().cancelled;
    const asked = clientWith(secrets.all).messages.create({ ...short, model, max_tokens: 3_000 }, { timeout: 300 });
    expect(await failureOf(asked)).toBeInstanceOf(APIError);
    await until('the engine was told', () => gateway.engine.stats().cancelled === before + 1);
  });

  test('an engine that dies in mid-stream is an error with the request’s id, after what had come', async () => {
    const stream = await clientWith(secrets.all).messages.create({
      ...short,
      model: breaking,
      max_tokens: 200,
      stream: true,
    });
    const failure = await failureOf(textOf(stream));
    expect(failure.type).toBe('api_error');
    expect(failure.message).toContain('the answer is not whole');
    expect(failure.requestID).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a prompt that is too long is the caller’s own mistake, told in the engine’s words', async () => {
    const content = 'long '.repeat(8_000);
    const failure = await failureOf(
      clientWith(secrets.all).messages.create({ ...short, model, messages: [{ role: 'user', content }] }),
    );
    expect(failure).toBeInstanceOf(BadRequestError);
    expect(failure).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(failure.message).toMatch(/maximum context length/);
  });
});

describe('the official Anthropic client and tools of a translated engine', () => {
  const weather: Anthropic.Tool = {
    name: 'weather',
    description: 'Tells the weather.',
    input_schema: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } },
  };
  const asked = { model: 'translated', max_tokens: 200, messages, tools: [weather] };

  test('are called, and their results go back', async () => {
    const client = clientWith(secrets.all);
    const called = await client.messages.create({ ...asked, tool_choice: { type: 'any' } });
    expect(called.stop_reason).toBe('tool_use');
    const [call] = called.content;
    if (call?.type !== 'tool_use') throw new Error('that is no call');
    expect(call).toMatchObject({ name: 'weather', input: { city: 'simulated', days: expect.any(Number) } });
    const answer = await client.messages.create({
      ...asked,
      max_tokens: 5,
      messages: [
        ...messages,
        { role: 'assistant', content: called.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'Sunny.' }] },
      ],
    });
    expect(answer.content[0]?.type).toBe('text');
  });

  test('are called in a stream', async () => {
    const stream = clientWith(secrets.all).messages.stream({
      ...asked,
      tool_choice: { type: 'tool', name: 'weather' },
    });
    const pieces: string[] = [];
    stream.on('inputJson', (piece) => pieces.push(piece));
    const { content, stop_reason } = await stream.finalMessage();
    expect(stop_reason).toBe('tool_use');
    expect(content).toMatchObject([{ type: 'tool_use', name: 'weather', input: { city: 'simulated' } }]);
    expect(pieces.length).toBeGreaterThan(1);
  });

  test('an answer keeps to the schema that was asked for', async () => {
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };
    const { content } = await clientWith(secrets.all).messages.create({
      ...asked,
      output_config: { format: { type: 'json_schema', schema } },
      tool_choice: { type: 'none' },
    });
    if (content[0]?.type !== 'text') throw new Error('that is no text');
    expect(JSON.parse(content[0].text)).toEqual({ ok: expect.any(Boolean) });
  });

  test('images and thoughts are taken', async () => {
    const source = { type: 'base64' as const, media_type: 'image/png' as const, data: 'iVBORw0KGgo=' };
    const { content } = await clientWith(secrets.all).messages.create({
      model: 'translated',
      max_tokens: 2_000,
      thinking: { type: 'enabled', budget_tokens: 1_024 },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image', source },
          ],
        },
      ],
    });
    expect(content[0]?.type).toBe('text');
  });

  test('what can not be translated is refused by its name', async () => {
    const document = { type: 'document' as const, source: { type: 'url' as const, url: 'https://example.org/x.pdf' } };
    const failure = await failureOf(
      clientWith(secrets.all).messages.create({ ...asked, messages: [{ role: 'user', content: [document] }] }),
    );
    expect(failure).toBeInstanceOf(BadRequestError);
    expect(failure.message).toContain('messages.0.content.0.type is not offered for this model');
  });

  test('tokens are not counted by an engine that can not', async () => {
    const failure = await failureOf(clientWith(secrets.all).messages.countTokens({ model: 'busy', messages }));
    expect(failure).toBeInstanceOf(NotFoundError);
    expect(failure).toMatchObject({ type: 'not_found_error' });
    expect(failure.message).toContain('does not offer this API');
  });
});

describe('the official Anthropic client reads a refusal', () => {
  test.each<[string, string, string, new (...args: never[]) => APIError, number, string]>([
    ['a wrong key', 'sbk_wrong', 'chat', AuthenticationError, 401, 'authentication_error'],
    ['a key for another route', secrets.other, 'chat', PermissionDeniedError, 403, 'permission_error'],
    ['an unknown model', secrets.all, 'nope', NotFoundError, 404, 'not_found_error'],
    ['a model that nothing serves', secrets.all, 'cold', APIError, 529, 'overloaded_error'],
    ['an engine that fails', secrets.all, 'failing', InternalServerError, 500, 'api_error'],
  ])('%s', async (_, apiKey, model, kind, status, type) => {
    const failure = await failureOf(clientWith(apiKey).messages.create({ ...short, model }));
    expect(failure).toBeInstanceOf(kind);
    expect(failure).toMatchObject({ status, type });
    expect(failure.apiMessage).toMatch(/\.$/);
    expect(failure.requestID).toMatch(/^[0-9a-f-]{36}$/);
    expect(failure.error).toMatchObject({ type: 'error', request_id: failure.requestID });
  });

  test('a limit, with the time until there is room', async () => {
    const client = clientWith(secrets.once);
    await client.messages.create({ ...short, model: 'chat' });
    const failure = await failureOf(client.messages.create({ ...short, model: 'chat' }));
    expect(failure).toBeInstanceOf(RateLimitError);
    expect(failure).toMatchObject({ status: 429, type: 'rate_limit_error' });
    const seconds = Number(failure.headers?.get('retry-after'));
    expect(seconds).toBeGreaterThan(30);
    expect(seconds).toBeLessThanOrEqual(62);
  });
});

describe('the official Anthropic client tries again', () => {
  test('when the engine has room, as it was told', async () => {
    const { content } = await clientWith(secrets.all, 1).messages.create({ ...short, model: 'busy' });
    expect(content).toMatchObject([{ type: 'text', text: 'Here.' }]);
    const [first, second] = gateway.busy.asked.slice(-2);
    expect([first?.retry, second?.retry]).toEqual(['0', '1']);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  test('never when the gateway has tried enough', async () => {
    const before = gateway.calls('failing').length;
    await failureOf(clientWith(secrets.all, 2).messages.create({ ...short, model: 'failing' }));
    await until('it is logged', () => gateway.calls('failing').length > before);
    expect(gateway.calls('failing').length).toBe(before + 1);
  });
});
