import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { askForUsage, type HiddenUsage } from '../request/ask-for-usage.ts';
import { captured, drive, readerFor } from './drive.fixture.ts';
import { nameInFrames } from './frame-rule.ts';

const vllm: HiddenUsage = { each: 'cut', last: 'drop', movesFingerprint: true };

interface Told {
  /** `stream_options` as the engine got them. */
  includeUsage: boolean;
  continuous: boolean;
}

interface Answer {
  pieces: readonly string[];
  fingerprint: string | null;
  details: boolean;
  name?: string;
}

const frame = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;

/** vLLM 0.32's stream of a chat, with and without usage asked for, as its `serving.py` writes it. */
function vllmStream({ pieces, fingerprint, details, name = 'tiny' }: Answer, told: Told): string {
  const head = { id: 'chatcmpl-8', object: 'chat.completion.chunk', created: 1_795_321_452, model: name };
  const counts = (tokens: number) => ({
    prompt_tokens: 20,
    total_tokens: 20 + tokens,
    completion_tokens: tokens,
    ...(details ? { completion_tokens_details: { reasoning_tokens: 0 } } : {}),
  });
  const usage = (tokens: number) => (told.continuous ? { usage: counts(tokens) } : {});
  const role = { index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null };
  const frames = [frame({ ...head, choices: [role], ...usage(0), prompt_token_ids: null, prompt_text: null })];
  for (const [index, content] of pieces.entries()) {
    const isLast = index === pieces.length - 1;
    const choice = {
      index: 0,
      delta: { content },
      logprobs: null,
      finish_reason: isLast ? 'length' : null,
      ...(isLast ? { stop_reason: null } : {}),
      token_ids: null,
    };
    const print = isLast && !told.includeUsage && fingerprint !== null ? { system_fingerprint: fingerprint } : {};
    frames.push(frame({ ...head, choices: [choice], ...usage(index + 1), ...print }));
  }
  const print = fingerprint === null ? {} : { system_fingerprint: fingerprint };
  if (told.includeUsage) frames.push(frame({ ...head, choices: [], usage: counts(pieces.length), ...print }));
  return `${frames.join('')}data: [DONE]\n\n`;
}

const unasked: Told = { includeUsage: false, continuous: false };
const asked: Told = { includeUsage: true, continuous: true };
const hostile = [
  ' ordinary',
  '',
  '"usage":{"completion_tokens":99}',
  ',"usage":{"a":1}}\n\ndata: [DONE]\n\n',
  '}}}{{{',
  'é\u0006𝄞',
  '"model":"tiny"',
  'finish_reason":"stop"',
];
const answers = fc.record({
  pieces: fc.array(fc.oneof(fc.constantFrom(...hostile), fc.string()), { minLength: 1, maxLength: 5 }),
  fingerprint: fc.constantFrom(null, 'vllm-0.32.0-1dbfd89f'),
  details: fc.boolean(),
});

describe('usage that only the gateway asked for', () => {
  test('is gone from the stream at whatever byte it is cut, and counted', () => {
    const answer: Answer = { pieces: hostile, fingerprint: 'vllm-0.32.0-1dbfd89f', details: false };
    const engine = Buffer.from(vllmStream(answer, asked));
    const want = vllmStream(answer, unasked);
    for (let cut = 0; cut <= engine.length; cut++) {
      const reader = readerFor({ hidden: vllm });
      expect(drive(reader, engine, [cut])).toMatchObject({ text: want, isWhole: true });
      expect(reader.usage).toEqual({ input: 20, cached: 0, output: hostile.length, reasoning: 0 });
      expect(reader.frames).toBe(hostile.length + 1);
    }
  });

  test('is gone whatever the model says, with one reading byte by byte as with one in pieces', () => {
    fc.assert(
      fc.property(answers, fc.array(fc.nat(3_000), { maxLength: 20 }), fc.boolean(), (answer, cuts, isByByte) => {
        const engine = Buffer.from(vllmStream(answer, asked));
        const at = isByByte ? Array.from(engine.keys()) : cuts;
        expect(drive(readerFor({ hidden: vllm }), engine, at)).toMatchObject({
          text: vllmStream(answer, unasked),
          isWhole: true,
        });
      }),
    );
  });

  test('is gone together with the engine’s name for the model', () => {
    fc.assert(
      fc.property(
        answers,
        fc.array(fc.nat(3_000)),
        fc.constantFrom('chat', 'x', 'long-name/"é"'),
        (answer, cuts, to) => {
          const names = { served: 'tiny', public: to };
          const reader = readerFor({ hidden: vllm, names, name: nameInFrames(names, 'model') });
          expect(drive(reader, vllmStream(answer, asked), cuts).text).toBe(
            vllmStream({ ...answer, name: to }, unasked),
          );
        },
      ),
    );
  });

  test('is gone from the captured stream', () => {
    const engine = captured('chat-stream');
    const print = ',"system_fingerprint":"vllm-0.32.0-1dbfd89f"';
    const frames = engine.split(/(?<=\n\n)/);
    const want = [...frames.slice(0, 6), frames[6]?.replace('}\n\n', `${print}}\n\n`), frames[8]].join('');
    for (let cut = 0; cut < engine.length; cut++)
      expect(drive(readerFor({ hidden: vllm }), engine, [cut]).text).toBe(want);
  });

  test('stays at the end where the caller asked for it there', () => {
    const answer: Answer = { pieces: ['a', 'b'], fingerprint: 'f', details: true };
    const hidden: HiddenUsage = { each: 'cut', last: 'keep', movesFingerprint: false };
    const seen = drive(readerFor({ hidden }), vllmStream(answer, asked));
    expect(seen.text).toBe(vllmStream(answer, { includeUsage: true, continuous: false }));
  });

  test('holds back nothing but the frame that finishes the choice', () => {
    const engine = vllmStream({ pieces: ['a', 'b'], fingerprint: null, details: false }, asked);
    const frames = engine.split(/(?<=\n\n)/);
    const cuts = frames.map((_, index) => frames.slice(0, index).join('').length);
    const { pieces } = drive(readerFor({ hidden: vllm }), engine, cuts);
    expect(pieces.map((piece) => piece?.includes('"content":'))).toEqual([true, true, undefined, true, false]);
  });

  test('is known of a stream that breaks off', () => {
    const engine = vllmStream({ pieces: ['a', 'b', 'c'], fingerprint: null, details: false }, asked);
    const reader = readerFor({ hidden: vllm });
    const seen = drive(reader, engine.slice(0, engine.indexOf('"c"')));
    expect(seen.isWhole).toBe(false);
    expect(seen.text.endsWith('"token_ids":null}]}\n\n')).toBe(true);
    expect(reader.usage?.output).toBe(2);
  });

  test('a finished choice without the frame that would follow is still told', () => {
    const engine = vllmStream({ pieces: ['a'], fingerprint: null, details: false }, asked);
    const seen = drive(readerFor({ hidden: vllm }), engine.slice(0, engine.lastIndexOf('data: {')));
    expect(seen.isWhole).toBe(false);
    expect(seen.text).toContain('"finish_reason":"length"');
  });

  test('a chunk without choices that tells no usage stays', () => {
    const text = 'data: {"choices":[],"prompt_filter_results":[{"usage":{"x":1}}]}\n\ndata: [DONE]\n\n';
    expect(drive(readerFor({ hidden: vllm }), text).text).toBe(text);
  });

  test.each([
    ['{"usage":{"prompt_tokens":1},"choices":[{}]}', '{"choices":[{}]}'],
    ['{"choices": [{}], "usage": {"prompt_tokens": 1}, "id": "x"}', '{"choices": [{}], "id": "x"}'],
    ['{"choices":[{"usage":{"a":{}}}],"usage":{"prompt_tokens":1,"d":{"x":{}}}}', '{"choices":[{"usage":{"a":{}}}]}'],
    [
      '{"choices":[{}],"x":{"y":1,"usage":{"prompt_tokens":1}}}',
      '{"choices":[{}],"x":{"y":1,"usage":{"prompt_tokens":1}}}',
    ],
    ['{"choices":[{}],"usage":null}', '{"choices":[{}],"usage":null}'],
  ])('%s becomes %s', (data, want) => {
    expect(drive(readerFor({ hidden: vllm }), `data: ${data}\n\n`).text).toBe(`data: ${want}\n\n`);
  });

  test('becomes null where SGLang would have written null', () => {
    const content = '{"choices":[{"index":0,"delta":{"content":"x"}}],"usage":{"prompt_tokens":1}}';
    const tools = '{"choices":[{"index":0,"delta":{"tool_calls":[{}]}}],"usage":{"prompt_tokens":1}}';
    const hidden = askForUsage(Buffer.from('{"a":1}'), { streamOptions: undefined, closingBrace: 6 }, 'sglang', 'chat');
    const seen = drive(
      readerFor({ hidden: hidden?.hidden }),
      [content, tools, content.replace(/\[\{.*\}\]/, '[]')].map((data) => `data: ${data}\n\n`).join(''),
    );
    expect(seen.text).toBe(
      'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n' +
        'data: {"choices":[{"index":0,"delta":{"tool_calls":[{}]}}],"usage":null}\n\n',
    );
  });
});
