import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AnswerTail, outputTokensIn } from './answer-tail.ts';
import { EventFrames, isWholeStream } from './event-frames.ts';

const chunksOf = (text: string, cuts: number[]): Buffer[] => {
  const bytes = Buffer.from(text);
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at]
    .map((start, index) => bytes.subarray(start, at[index] ?? bytes.length))
    .filter((chunk) => chunk.length > 0);
};

describe('frames of an event stream', () => {
  test.each(['\n\n', '\r\n\r\n'])('every byte passes, only at whole frames, with %j between them', (gap) => {
    const text = ['data: {"a":1}', 'event: x\ndata: é', ': comment', 'data: [DONE]']
      .map((frame) => frame + gap)
      .join('');
    fc.assert(
      fc.property(fc.array(fc.nat(200), { maxLength: 12 }), (cuts) => {
        const frames = new EventFrames();
        let sent = '';
        for (const chunk of chunksOf(text, cuts)) {
          const passed = frames.push(chunk);
          if (passed === undefined) continue;
          expect(passed.toString().endsWith(gap)).toBe(true);
          sent += passed.toString('latin1');
        }
        expect(Buffer.from(sent, 'latin1').toString()).toBe(text);
        expect(frames.frames).toBe(4);
        expect(frames.rest()).toBeUndefined();
      }),
    );
  });

  test('a whole frame is passed on as the buffer it came in', () => {
    const chunk = Buffer.from('data: 1\n\n');
    expect(new EventFrames().push(chunk)).toBe(chunk);
  });

  test('half a frame is held back', () => {
    const frames = new EventFrames();
    expect(frames.push(Buffer.from('data: 1\n\ndata: {"ha'))?.toString()).toBe('data: 1\n\n');
    expect(frames.rest()?.toString()).toBe('data: {"ha');
  });

  test('what never ends a frame is not held for ever', () => {
    const frames = new EventFrames();
    expect(frames.push(Buffer.alloc(1024 * 1024, 'x'))).toBeUndefined();
    expect(frames.push(Buffer.alloc(10, 'x'))?.length).toBe(1024 * 1024 + 10);
  });

  test.each([
    ['data: {}\n\ndata: [DONE]\n\n', 'done', true],
    ['data: {}\n\n', 'done', false],
    ['data: {"error":{"message":"x"}}\n\n', 'done', true],
    ['event: message_stop\ndata: {"type":"message_stop"}\n\n', 'messageStop', true],
    ['event: response.completed\ndata: {}\n\n', 'responseEvent', true],
    ['event: response.created\ndata: {}\n\n', 'responseEvent', false],
    ['', null, true],
  ] as const)('whether %j is whole', (text, end, want) => {
    expect(isWholeStream(Buffer.from(text), end)).toBe(want);
  });
});

describe('usage in the tail of an answer', () => {
  test.each([
    ['{"usage":{"prompt_tokens":3,"completion_tokens": 12,"total_tokens":15}}', 12],
    ['data: {"usage":{"output_tokens":7}}\n\nevent: message_stop\n\n', 7],
    ['{"usage":{"completion_tokens":1}} {"usage":{"completion_tokens":2}}', 2],
    [String.raw`{"content":"\"completion_tokens\":99"}`, undefined],
    ['{"usage":null}', undefined],
    ['{"completion_tokens":null}', undefined],
    ['', undefined],
  ])('%s', (text, want) => {
    expect(outputTokensIn(Buffer.from(text))).toBe(want);
  });

  test('only the last bytes are kept, however they came', () => {
    const tail = new AnswerTail();
    for (let index = 0; index < 10_000; index++) tail.add(Buffer.from(`frame ${index}\n`));
    expect(tail.bytes().length).toBe(8_192);
    expect(tail.bytes().toString().endsWith('frame 9999\n')).toBe(true);
  });
});
