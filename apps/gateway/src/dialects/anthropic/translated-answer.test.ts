import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AnswerFacts } from '../reader-of.ts';
import { captured, drive, readerFor } from '../streams/drive.fixture.ts';

const translated: Partial<AnswerFacts> = { api: 'messages', dialect: 'anthropic', isTranslated: true };
const plain: Partial<AnswerFacts> = { ...translated, contentType: 'application/json' };

/** The official client, whose engine answers with these bytes. */
function clientOf(text: string, contentType: string): Anthropic {
  const fetch = async () => new Response(text, { status: 200, headers: { 'content-type': contentType } });
  return new Anthropic({ apiKey: 'x', baseURL: 'http://127.0.0.1:1', maxRetries: 0, fetch });
}

const asked = { model: 'chat', max_tokens: 8, messages: [{ role: 'user' as const, content: 'x' }] };

const frames = (...chunks: unknown[]) =>
  `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`;
const head = { id: 'chatcmpl-7', object: 'chat.completion.chunk', created: 1, model: 'tiny' };
const delta = (part: object, more: object = {}) => ({
  ...head,
  choices: [{ index: 0, delta: part, finish_reason: null, ...more }],
});
const usage = {
  prompt_tokens: 12,
  completion_tokens: 5,
  total_tokens: 17,
  prompt_tokens_details: { cached_tokens: 8 },
};

const rich = frames(
  delta({ role: 'assistant', content: '' }),
  delta({ reasoning_content: 'Hm' }),
  delta({ reasoning_content: '…' }),
  delta({ content: 'Ä"\n' }),
  delta({ content: 'b' }),
  delta({ tool_calls: [{ index: 0, id: 'call-1', type: 'function', function: { name: 'weather', arguments: '' } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: '"Bern"}' } }] }),
  delta({ tool_calls: [{ index: 1, id: 'call-2', function: { name: 'time', arguments: '{}' } }] }),
  delta({}, { finish_reason: 'tool_calls' }),
  { ...head, choices: [], usage },
);

describe('a chat’s stream as a message', () => {
  test('is what the official client makes of it', async () => {
    const { text, isWhole } = drive(readerFor(translated), rich);
    expect(isWhole).toBe(true);
    const message = await clientOf(text, 'text/event-stream').messages.stream(asked).finalMessage();
    expect(message).toMatchObject({
      id: 'msg_7',
      model: 'chat',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm…' },
        { type: 'text', text: 'Ä"\nb' },
        { type: 'tool_use', id: 'call-1', name: 'weather', input: { city: 'Bern' } },
        { type: 'tool_use', id: 'call-2', name: 'time', input: {} },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 4, cache_read_input_tokens: 8, output_tokens: 5 },
    });
  });

  test('has Anthropic’s events in Anthropic’s order', () => {
    const { text } = drive(readerFor(translated), rich);
    expect(Array.from(text.matchAll(/^event: (\w+)$/gm), ([, name]) => name)).toEqual([
      'message_start',
      ...['content_block_start', 'content_block_delta', 'content_block_delta', 'content_block_stop'],
      ...['content_block_start', 'content_block_delta', 'content_block_delta', 'content_block_stop'],
      ...['content_block_start', 'content_block_delta', 'content_block_delta', 'content_block_stop'],
      ...['content_block_start', 'content_block_delta', 'content_block_stop'],
      'message_delta',
      'message_stop',
    ]);
  });

  test('is the same however it is cut, and counted', () => {
    const want = drive(readerFor(translated), rich).text;
    fc.assert(
      fc.property(fc.array(fc.nat(rich.length), { maxLength: 12 }), (cuts) => {
        const reader = readerFor(translated);
        expect(drive(reader, rich, cuts)).toMatchObject({ text: want, isWhole: true });
        expect(reader.usage).toEqual({ input: 12, cached: 8, output: 5, reasoning: 0 });
        expect(reader.frames).toBe(11);
      }),
    );
  });

  test('of the captured engine is one text', async () => {
    const { text } = drive(readerFor(translated), captured('chat-stream'));
    const message = await clientOf(text, 'text/event-stream').messages.stream(asked).finalMessage();
    expect(message).toMatchObject({
      content: [{ type: 'text', text: '(ntrol\u0006~' }],
      stop_reason: 'max_tokens',
      usage: { input_tokens: 20, output_tokens: 6 },
    });
  });

  test.each([
    ['stop', {}, 'end_turn', null],
    ['stop', { stop_reason: 'END' }, 'stop_sequence', 'END'],
    ['stop', { matched_stop: 'END' }, 'stop_sequence', 'END'],
    ['stop', { stop_reason: 128_001 }, 'end_turn', null],
    ['length', {}, 'max_tokens', null],
    ['content_filter', {}, 'refusal', null],
  ])('that finished by %s %j ends as %s', (finish_reason, more, stop_reason, stop_sequence) => {
    const { text } = drive(readerFor(translated), frames(delta({ content: 'a' }, { finish_reason, ...more })));
    expect(text).toContain(`"delta":${JSON.stringify({ stop_reason, stop_sequence })}`);
  });

  test.each([
    ['breaks off', rich.slice(0, -16)],
    ['ends without a reason', frames(delta({ content: 'a' }))],
    ['is empty', frames()],
    ['is no JSON', 'data: {"choices":[\n\ndata: [DONE]\n\n'],
    [
      'goes on with a call after another began',
      frames(
        delta({ tool_calls: [{ index: 0, id: 'a', function: { name: 'a' } }] }),
        delta({ tool_calls: [{ index: 1, id: 'b', function: { name: 'b' } }] }),
        delta({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
        delta({}, { finish_reason: 'tool_calls' }),
      ),
    ],
  ])('that %s is not whole', (_, text) => {
    const seen = drive(readerFor(translated), text);
    expect(seen.isWhole).toBe(false);
    expect(seen.text).not.toContain('message_stop');
  });

  test('an end mark without its empty line is one', () => {
    expect(drive(readerFor(translated), rich.trimEnd())).toMatchObject({ isWhole: true });
  });

  test('an error in the middle is Anthropic’s, once, and the client throws it', async () => {
    const failing = `${frames(delta({ content: 'a' })).replace('data: [DONE]\n\n', '')}data: {"error":{"message":"x","code":500}}\n\ndata: [DONE]\n\n`;
    const { text, isWhole } = drive(readerFor(translated), failing);
    expect(isWhole).toBe(true);
    expect(text.match(/event: error/g)).toHaveLength(1);
    const stream = clientOf(text, 'text/event-stream').messages.stream(asked);
    await expect(stream.finalMessage()).rejects.toThrow('The model failed on this request.');
  });
});

describe('a chat’s plain answer as a message', () => {
  const answer = (message: object, more: object = {}) =>
    JSON.stringify({ id: 'chatcmpl-7', choices: [{ index: 0, message, finish_reason: 'stop', ...more }], usage });

  test('is what the official client makes of it', async () => {
    const reader = readerFor(plain);
    const said = {
      role: 'assistant',
      content: 'b',
      reasoning: 'Hm',
      tool_calls: [{ id: 'call-1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } }],
    };
    const { text, isWhole, pieces } = drive(reader, answer(said), [20, 40]);
    expect([isWhole, ...pieces]).toEqual([true, undefined, undefined, undefined]);
    expect(reader.usage).toEqual({ input: 12, cached: 8, output: 5, reasoning: 0 });
    expect(await clientOf(text, 'application/json').messages.create(asked)).toMatchObject({
      id: 'msg_7',
      model: 'chat',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: '' },
        { type: 'text', text: 'b' },
        { type: 'tool_use', id: 'call-1', name: 'weather', input: { city: 'Bern' } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 4, cache_read_input_tokens: 8, output_tokens: 5 },
    });
  });

  test('of the captured engine', () => {
    const { text } = drive(readerFor(plain), captured('chat'));
    expect(JSON.parse(text)).toMatchObject({
      stop_reason: 'max_tokens',
      usage: { input_tokens: 20, output_tokens: 8 },
    });
  });

  test.each([
    ['{"a":', { unparsed: '{"a":' }],
    ['[1]', { value: [1] }],
    ['', {}],
  ])('arguments %j, which are no object, are shown', (text, input) => {
    const said = { content: null, tool_calls: [{ id: 'c', function: { name: 'n', arguments: text } }] };
    expect(JSON.parse(drive(readerFor(plain), answer(said)).text).content).toEqual([
      { type: 'tool_use', id: 'c', name: 'n', input },
    ]);
  });

  test.each(['', '{}', '[]', 'null', '{"choices":[]}', '{"choices":[{"message'])('%j is no answer', (text) => {
    expect(drive(readerFor(plain), text)).toMatchObject({ text: '', isWhole: false });
  });
});

test.each([
  [captured('tokenize'), '{"input_tokens":5}', true],
  ['{"count":"5"}', '', false],
  ['{"count":5', '', false],
  ['', '', false],
])('the count in %j', (answered, text, isWhole) => {
  expect(drive(readerFor({ ...plain, api: 'countTokens' }), answered, [3])).toMatchObject({ text, isWhole });
});
