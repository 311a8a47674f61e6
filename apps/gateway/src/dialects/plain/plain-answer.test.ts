import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AnswerFacts } from '../reader-of.ts';
import { captured, drive, readerFor } from '../streams/drive.fixture.ts';
import { nameInFrames } from '../streams/frame-rule.ts';
import { JsonScan } from './json-scan.ts';

const json: Partial<AnswerFacts> = { contentType: 'application/json' };
const names = { served: 'tiny', public: 'chat' };
const renamed: Partial<AnswerFacts> = { ...json, name: nameInFrames(names, 'model') };

const counts = (input: number, output: number, cached = 0, reasoning = 0) => ({ input, cached, output, reasoning });

describe('usage in a plain answer', () => {
  test.each([
    ['chat', counts(20, 8)],
    ['chat-logprobs', counts(19, 2)],
    ['completion', counts(2, 4)],
    ['anthropic-messages', counts(17, 4)],
    ['responses', counts(17, 4)],
    ['tokenize', undefined],
    ['models', undefined],
  ])('of the captured %s is found, cut at each byte', (name, want) => {
    const bytes = Buffer.from(captured(name));
    const inOne = readerFor({ ...json, contentLength: bytes.length });
    expect(drive(inOne, bytes).pieces).toEqual([bytes.toString()]);
    expect(inOne.usage).toEqual(want);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const reader = readerFor(json);
      expect(drive(reader, bytes, [cut])).toMatchObject({ text: bytes.toString(), isWhole: true });
      expect(reader.usage).toEqual(want);
    }
  });

  test.each<[string, string, ReturnType<typeof counts> | undefined]>([
    [
      'OpenAI’s details',
      '{"usage":{"prompt_tokens":9,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}',
      counts(9, 5, 4, 2),
    ],
    [
      'details that are null',
      '{"usage":{"prompt_tokens":9,"completion_tokens":5,"prompt_tokens_details":null}}',
      counts(9, 5),
    ],
    [
      'Anthropic’s input, which leaves out the cache',
      '{"usage":{"input_tokens":3,"cache_read_input_tokens":4,"cache_creation_input_tokens":2,"output_tokens":5}}',
      counts(9, 5, 4),
    ],
    [
      'SGLang’s reasoning',
      '{"usage":{"prompt_tokens":9,"completion_tokens":5,"reasoning_tokens":3}}',
      counts(9, 5, 0, 3),
    ],
    ['embeddings', '{"data":[{"embedding":[0.1,-2e-3]}],"usage":{"prompt_tokens":9,"total_tokens":9}}', counts(9, 0)],
    ['rerank, usage first', '{"usage":{"total_tokens":9},"results":[{"index":0}]}', counts(9, 0)],
    ['white space', '{ "usage" :\n{ "prompt_tokens" : 9 , "completion_tokens" : 5 } , "x" : 1 }\n', counts(9, 5)],
    ['none', '{"usage":null}', undefined],
    ['seconds of audio', '{"text":"x","usage":{"type":"duration","seconds":9}}', undefined],
    ['a text', '{"text":"\\"usage\\":{\\"prompt_tokens\\":9}"}', undefined],
    [
      'a tool’s input',
      '{"content":[{"type":"tool_use","input":{"usage":{"input_tokens":9,"output_tokens":0}}}]}',
      undefined,
    ],
    [
      'a tool’s input before the true one',
      '{"content":[{"input":{"usage":{"output_tokens":0}}}],"usage":{"input_tokens":1,"output_tokens":7}}',
      counts(1, 7),
    ],
    [
      'a usage inside the last member',
      '{"usage":{"prompt_tokens":1},"x":{"y":1,"usage":{"prompt_tokens":9}}}',
      counts(1, 0),
    ],
    [
      'members behind it',
      '{"a":1,"usage":{"prompt_tokens":9,"d":{"x":[]}},"b":[{"c":"}{"}],"e":null,"f":-1.5}',
      counts(9, 0),
    ],
    ['a text behind it with an escape', '{"a":1,"usage":{"prompt_tokens":9},"b":"\\"},\\"usage\\":{}"}', counts(9, 0)],
    ['a list', '["x","usage",{"prompt_tokens":9}]', undefined],
    ['numbers that are none', '{"usage":{"prompt_tokens":-1,"completion_tokens":"5","total_tokens":1e99}}', undefined],
  ])('%s', (_, text, want) => {
    const reader = readerFor(json);
    drive(
      reader,
      text,
      Array.from(text, (_unused, index) => index),
    );
    expect(reader.usage).toEqual(want);
    const inOne = readerFor({ ...json, contentLength: Buffer.byteLength(text) });
    drive(inOne, text);
    expect(inOne.usage).toEqual(want);
  });

  test('an answer that stops in the middle is not whole', () => {
    const text = captured('chat');
    for (let cut = 1; cut < text.length - 1; cut += 7)
      expect(drive(readerFor(json), text.slice(0, cut)).isWhole).toBe(false);
  });

  test('a usage as large as no usage is, in pieces, is not kept', () => {
    const reader = readerFor(json);
    drive(reader, `{"usage":{"prompt_tokens":9,"x":"${'x'.repeat(20_000)}"},"y":1}`, [9, 9_000]);
    expect(reader.usage).toBeUndefined();
  });

  test.each(['', '"ok"', ' true', '{}\n', '[]'])('%j is whole', (text) => {
    expect(drive(readerFor(json), text)).toMatchObject({ text, isWhole: true });
  });

  test('what is no JSON passes', () => {
    const reader = readerFor({ contentType: 'audio/mpeg' });
    expect(drive(reader, 'ID3\u0000', [2])).toMatchObject({ text: 'ID3\u0000', isWhole: true });
  });
});

describe('values at the top of an object', () => {
  test('are those of JSON.parse, in whatever pieces they come', () => {
    const values = fc.record({ a: fc.jsonValue(), usage: fc.jsonValue(), b: fc.jsonValue(), model: fc.jsonValue() });
    fc.assert(
      fc.property(values, fc.array(fc.nat(400), { maxLength: 8 }), fc.boolean(), (value, cuts, isPretty) => {
        const bytes = Buffer.from(JSON.stringify(value, null, isPretty ? 1 : 0));
        const scan = new JsonScan(['usage', 'model']);
        const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        for (let index = 1; index < at.length; index++) scan.push(bytes.subarray(at[index - 1], at[index]));
        expect(scan.isClosed).toBe(true);
        const parsed = JSON.parse(bytes.toString());
        for (const key of ['usage', 'model'] as const) {
          const found = scan.found.get(key);
          expect(JSON.parse(found?.text ?? '')).toEqual(parsed[key]);
          expect(bytes.toString('utf8', found?.start, found?.end)).toBe(found?.text);
        }
      }),
    );
  });

  test('are found from the end of a whole answer as from its start', () => {
    const rest = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 });
    const counted = fc.record({ prompt_tokens: fc.nat(), completion_tokens: fc.nat() });
    fc.assert(
      fc.property(rest, counted, rest, fc.boolean(), (before, usage, behind, isPretty) => {
        const { usage: _, ...others } = { ...behind, ...before };
        const value = { id: 1, choices: [before], usage, nested: { usage: behind }, ...others };
        const bytes = Buffer.from(JSON.stringify(value, null, isPretty ? 1 : 0));
        const reader = readerFor({ ...json, contentLength: bytes.length });
        drive(reader, bytes);
        expect(reader.usage).toEqual(counts(usage.prompt_tokens, usage.completion_tokens));
      }),
    );
  });

  test('lists of numbers are passed over, lists with anything else are looked into', () => {
    const numbers = Array.from({ length: 200 }, (_, index) => index / 7);
    const value = { a: numbers, b: [...numbers, ']"usage":{', ...numbers], c: [numbers, numbers], usage: 1 };
    const bytes = Buffer.from(JSON.stringify(value));
    for (let cut = 0; cut < bytes.length; cut += 11) {
      const scan = new JsonScan(['usage']);
      scan.push(bytes.subarray(0, cut));
      scan.push(bytes.subarray(cut));
      expect(scan.found.get('usage')?.text).toBe('1');
    }
  });
});

describe('the model’s name in a plain answer', () => {
  test.each(['chat', 'completion', 'anthropic-messages', 'responses'])('of the captured %s is the caller’s', (name) => {
    const text = captured(name);
    const seen = drive(readerFor(renamed), text, [10, 90]);
    expect(seen).toMatchObject({ text: text.replace('"model":"tiny"', '"model":"chat"'), isWhole: true });
    expect(seen.pieces).toEqual([undefined, undefined, undefined]);
  });

  test('comes at once in an answer that came in one read', () => {
    const text = captured('chat');
    const facts = { ...renamed, contentLength: Buffer.byteLength(text) };
    expect(drive(readerFor(facts), text).pieces).toEqual([text.replace('"model":"tiny"', '"model":"chat"')]);
    const want = text.replace('"model":"tiny"', '"model":"longer"');
    const name = nameInFrames({ served: 'tiny', public: 'longer' }, 'model');
    expect(drive(readerFor({ ...facts, name }), text)).toMatchObject({ text: want, isWhole: true, pieces: [want] });
    expect(drive(readerFor(facts), text, [9]).pieces).toEqual([undefined, undefined]);
  });

  test('is no name that the model wrote', () => {
    const text = '{"content":[{"type":"tool_use","input":{"model":"tiny"}}],"model" : "tiny"}';
    expect(drive(readerFor(renamed), text).text).toBe(text.replace(/"tiny"\}$/, '"chat"}'));
  });

  test.each(['{"model":"other"}', '{"a":1}', '[]', '', 'no JSON'])('%j stays as it is', (text) => {
    expect(drive(readerFor(renamed), text).text).toBe(text);
  });

  test('an answer too long to be held passes with its own', () => {
    const text = `{"x":"${'x'.repeat(1024 * 1024)}","model":"tiny","usage":{"prompt_tokens":1}}`;
    const reader = readerFor(renamed);
    expect(drive(reader, text, [1024 * 1024 - 5, 1024 * 1024 + 6])).toMatchObject({ text, isWhole: true });
    expect(reader.usage).toEqual(counts(1, 0));
  });
});
