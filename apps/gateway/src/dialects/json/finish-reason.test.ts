import { describe, expect, test } from '@jest/globals';
import type { AnswerFacts } from '../reader-of.ts';
import { captured, drive, readerFor } from '../streams/drive.fixture.ts';
import { nameInFrames } from '../streams/frame-rule.ts';

const json: Partial<AnswerFacts> = { contentType: 'application/json' };
const messages: Partial<AnswerFacts> = { api: 'messages', dialect: 'anthropic' };
const renamed: Partial<AnswerFacts> = { name: nameInFrames({ served: 'tiny', public: 'chat' }, 'model') };

const event = (data: string, name?: string) => `${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`;
const chunk = (content: string, reason: string, more = '') =>
  event(`{"choices":[{"delta":{"content":${JSON.stringify(content)}},"finish_reason":${reason}}]${more}}`);

function reasonOf(text: string, facts: Partial<AnswerFacts>, cuts: readonly number[] = []): string | null {
  const reader = readerFor(facts);
  drive(reader, text, cuts);
  return reader.finishReason;
}

describe('why an answer ended', () => {
  test.each<[string, Partial<AnswerFacts>, string]>([
    ['chat', json, 'length'],
    ['completion', { ...json, api: 'completions' }, 'length'],
    ['anthropic-messages', { ...json, ...messages }, 'max_tokens'],
    ['responses', { ...json, api: 'responses' }, 'max_output_tokens'],
    ['chat', { ...json, ...messages, isTranslated: true }, 'length'],
    ['chat', { ...json, ...renamed }, 'length'],
  ])('is told of the captured plain %s %#', (name, facts, want) => {
    const text = captured(name);
    expect(reasonOf(text, { ...facts, contentLength: Buffer.byteLength(text) })).toBe(want);
  });

  test.each<[string, Partial<AnswerFacts>, string]>([
    ['chat-stream', {}, 'length'],
    ['chat-stream', renamed, 'length'],
    ['chat-stream', { hidden: { each: 'cut', last: 'drop', movesFingerprint: true } }, 'length'],
    ['completion-stream', { api: 'completions' }, 'length'],
    ['anthropic-messages-stream', messages, 'max_tokens'],
    ['chat-stream', { ...messages, isTranslated: true }, 'length'],
  ])('is told of the captured %s, cut at each byte %#', (name, facts, want) => {
    const text = captured(name);
    for (let cut = 0; cut < text.length; cut += 7) expect([cut, reasonOf(text, facts, [cut])]).toEqual([cut, want]);
  });

  test.each<[string, Partial<AnswerFacts>, string, string | null]>([
    ['a call of tools', {}, chunk('x', 'null') + chunk('', '"tool_calls"') + event('[DONE]'), 'tool_calls'],
    ['text about it is none', {}, chunk('"finish_reason":"stop"', 'null') + event('[DONE]'), null],
    ['usage in each frame', {}, chunk('x', 'null', ',"usage":{"prompt_tokens":1}') + chunk('', '"stop"'), 'stop'],
    [
      'vLLM’s stop_reason in the same place is not taken for it',
      {},
      chunk('x', 'null,"token_ids":null') + chunk('', '"stop","stop_reason":null,"token_ids":null'),
      'stop',
    ],
    ['a stream that breaks off has none', {}, chunk('x', 'null'), null],
    ['what is no word is none', {}, chunk('', '"so it is"'), null],
    [
      'Responses that end by themselves',
      { api: 'responses' },
      event('{"response":{"incomplete_details":null,"status":"completed"}}', 'response.completed'),
      'completed',
    ],
    [
      'a tool’s input is not searched',
      { ...json, ...messages },
      '{"content":[{"type":"tool_use","input":{"stop_reason":"x"}}],"stop_reason":"tool_use"}',
      'tool_use',
    ],
    ['embeddings have none', { ...json, api: 'other' }, '{"data":[],"finish_reason":"x"}', null],
  ])('%s', (_, facts, text, want) => {
    expect(reasonOf(text, { contentLength: Buffer.byteLength(text), ...facts })).toBe(want);
  });
});
