import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AnswerApi } from '../dialect.ts';
import { captured, drive, readerFor } from './drive.fixture.ts';

const cutsOf = (length: number) => fc.array(fc.nat(length), { maxLength: 12 });

const streams: [string, AnswerApi, string, unknown][] = [
  ['chat', 'chat', captured('chat-stream'), { input: 20, cached: 0, output: 6, reasoning: 0 }],
  ['completions', 'completions', captured('completion-stream'), undefined],
  ['messages', 'messages', captured('anthropic-messages-stream'), { input: 17, cached: 0, output: 4, reasoning: 0 }],
  [
    'responses',
    'responses',
    'event: response.created\ndata: {"type":"response.created","response":{"id":"r","model":"tiny","usage":null},"sequence_number":0}\n\n' +
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"\\"usage\\":{\\"output_tokens\\":99}","sequence_number":1}\n\n' +
      'event: response.completed\ndata: {"type":"response.completed","response":{"id":"r","model":"tiny","usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4,"cached_tokens_per_turn":[]},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":14}},"sequence_number":2}\n\n',
    { input: 9, cached: 4, output: 5, reasoning: 2 },
  ],
  [
    'a generate stream',
    'kserve',
    'data: {"model_name":"tiny","text_output":"é"}\n\ndata: {"text_output":"b"}\n\n',
    undefined,
  ],
  ['another stream', 'other', ': hi\n\nid: 1\nretry: 5\ndata: a\ndata: b\n\nevent: x\n\n', undefined],
];

describe.each(streams)('a stream of %s', (_, api, text, usage) => {
  test('passes unchanged, whole and counted, cut at each byte', () => {
    const { length } = Buffer.from(text);
    for (let cut = 0; cut <= length; cut++) {
      const reader = readerFor({ api });
      const seen = drive(reader, text, [cut]);
      expect([cut, seen.isWhole, seen.text === text]).toEqual([cut, true, true]);
      expect(reader.usage).toEqual(usage);
    }
  });

  test.each([
    ['\r\n', '\r\n'],
    ['\r', '\r'],
    ['\n', '\r\n'],
    ['\n', '\r'],
    ['\r', '\r\n'],
    ['\r\n', '\n'],
    ['\r\n', '\r'],
  ])('passes unchanged with lines that end in %j and empty ones in %j, however it is cut', (end, empty) => {
    const lines = text.split('\n').slice(0, -1);
    const mixed = lines.map((line) => line + (line === '' ? empty : end)).join('');
    fc.assert(
      fc.property(cutsOf(Buffer.byteLength(mixed)), (cuts) => {
        const reader = readerFor({ api });
        expect(drive(reader, mixed, cuts)).toMatchObject({ text: mixed, isWhole: true });
        expect(reader.usage).toEqual(usage);
      }),
    );
  });

  test('passes byte by byte', () => {
    const reader = readerFor({ api });
    const every = Array.from({ length: Buffer.byteLength(text) }, (_unused, index) => index);
    expect(drive(reader, text, every)).toMatchObject({ text, isWhole: true });
    expect(reader.usage).toEqual(usage);
  });

  test('that breaks off is passed on up to its last whole frame', () => {
    const bytes = Buffer.from(text);
    for (let cut = 1; cut < bytes.length - 2; cut++) {
      const { text: seen, isWhole } = drive(readerFor({ api }), bytes.subarray(0, cut));
      if (!isWhole)
        expect([cut, text.startsWith(seen), seen === '' || seen.endsWith('\n\n')]).toEqual([cut, true, true]);
    }
  });
});

describe('frames', () => {
  test('are passed on as the buffer they came in', () => {
    const chunk = Buffer.from('data: {"a":1}\n\ndata: {"a":2}\n\n');
    const reader = readerFor();
    expect(reader.push(chunk)).toBe(chunk);
    expect(reader.frames).toBe(2);
  });

  test('that are cut wait for their rest, and only they', () => {
    const reader = readerFor();
    const { pieces } = drive(reader, 'data: 1\n\ndata: {"ha":2}\n\ndata: [DONE]\n\n', [15, 18]);
    expect(pieces).toEqual(['data: 1\n\n', undefined, 'data: {"ha":2}\n\ndata: [DONE]\n\n']);
  });

  test('are counted by their data: comments, named nothings and the end mark are none', () => {
    const reader = readerFor();
    drive(reader, ': c\n\nevent: x\n\ndata: 1\n\n\n\nevent: y\ndata: 2\n\ndata: [DONE]\n\n');
    expect(reader.frames).toBe(2);
  });

  test('that never end are not held for ever', () => {
    const reader = readerFor();
    expect(reader.push(Buffer.alloc(8 * 1024 * 1024, 'x'))).toBeUndefined();
    expect(reader.push(Buffer.alloc(10, 'x'))?.length).toBe(8 * 1024 * 1024 + 10);
  });
});

describe('whether a stream is whole', () => {
  test.each<[AnswerApi, string, boolean]>([
    ['chat', 'data: {}\n\ndata: [DONE]\n\n', true],
    ['chat', 'data: {}\n\ndata:[DONE]\n\n', true],
    ['chat', 'data: {}\n\ndata: [DONE]\n', true],
    ['chat', 'data: {}\n\ndata: [DONE]', true],
    ['chat', 'data: {}\n\n', false],
    ['chat', 'data: {"x":"data: [DONE]"}\n\n', false],
    ['chat', `${String.raw`data: {"choices":[{"delta":{"content":"\ndata: [DONE]\n\n"}}]}`}\n\n`, false],
    ['chat', '', false],
    ['responses', 'event: response.completed\ndata: {}\n\n', true],
    ['responses', 'data: {"type":"response.incomplete","response":{}}\n\n', true],
    ['responses', 'event: response.failed\ndata: {}\n\n', true],
    ['responses', 'event: response.created\ndata: {}\n\n', false],
    ['responses', 'event: response.output_text.delta\ndata: {"delta":"response.completed"}\n\n', false],
    ['messages', 'event: message_stop\ndata: {"type":"message_stop"}\n\n', true],
    ['messages', 'data: {"type":"message_stop"}\n\n', true],
    ['messages', 'event: content_block_delta\ndata: {"delta":{"text":"message_stop"}}\n\n', false],
    ['kserve', 'data: {"text_output":"x"}\n\n', true],
    ['kserve', 'data: {"text_output":"x"}\n', true],
    ['kserve', 'data: {"text_out', false],
    ['other', '', true],
  ])('%s %j: %s', (api, text, isWhole) => {
    expect(drive(readerFor({ api }), text).isWhole).toBe(isWhole);
  });
});

describe('an error that the engine tells in mid-stream', () => {
  test.each<[AnswerApi, 'openai' | 'anthropic' | 'kserve', string, string]>([
    [
      'chat',
      'openai',
      'data: {"error": {"message":"CUDA error at /opt/x.cu","type":"InternalServerError","param":null,"code":500}}\n\n',
      'data: {"error":{"message":"The model failed on this request.","type":"server_error","param":null,"code":"upstream_failed"}}\n\n',
    ],
    [
      'chat',
      'openai',
      'data: {"error":{"object":"error","message":"The prompt is too long.","type":"BadRequestError","param":null,"code":400}}\n\n',
      'data: {"error":{"message":"The prompt is too long.","type":"invalid_request_error","param":null,"code":"bad_request"}}\n\n',
    ],
    [
      'messages',
      'anthropic',
      'event: error\ndata: {"type":"error","error":{"type":"internal_error","message":"boom"}}\n\n',
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"The model failed on this request."},"request_id":"req-1"}\n\n',
    ],
    ['kserve', 'kserve', 'data: {"error":"Traceback"}\n\n', 'data: {"error":"The model failed on this request."}\n\n'],
    [
      'responses',
      'openai',
      'event: error\ndata: {"type":"error","message":"boom"}\n\n',
      'event: error\ndata: {"type":"error","code":"upstream_failed","message":"The model failed on this request.","param":null,"sequence_number":0,"error":{"message":"The model failed on this request.","type":"server_error","param":null,"code":"upstream_failed"}}\n\n',
    ],
  ])('%s in %s is told once, in the caller’s shape, and ends the stream', (api, dialect, text, want) => {
    expect(drive(readerFor({ api, dialect }), text)).toMatchObject({ text: want, isWhole: true });
  });
});
