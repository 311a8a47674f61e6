import { describe, expect, test } from '@jest/globals';
import type { Fields, Logger } from '@signalbox/runtime';
import { createTimeBound, silentLogger } from '@signalbox/runtime';
import { routeOf } from '../../gateway.fixture.ts';
import { aCall, chatBackend } from '../call-summary.fixture.ts';
import { Capture } from './capture.ts';
import { completionText, promptText } from './captured-text.ts';
import { isCaptured } from './is-captured.ts';

describe('which requests are captured', () => {
  test('none at 0, all at 10,000', () => {
    expect(isCaptured('any', 0)).toBe(false);
    expect(isCaptured('any', 10_000)).toBe(true);
  });

  test('the part that was asked for, also of ids that only count up', () => {
    const part = (basisPoints: number) =>
      Array.from({ length: 100_000 }, (_, index) => isCaptured(`req-${index}`, basisPoints)).filter(Boolean).length;
    expect(part(100) / 1_000).toBeCloseTo(1, 0);
    expect(part(2_500) / 1_000).toBeCloseTo(25, 0);
  });
});

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const events = (...values: unknown[]) =>
  Buffer.from(`${values.map((value) => `data: ${JSON.stringify(value)}`).join('\n\n')}\n\ndata: [DONE]\n\n`);

describe('what was asked', () => {
  test.each<{ name: string; body: unknown; want: string }>([
    {
      name: 'chat',
      body: {
        model: 'chat',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
        ],
      },
      want: 'Be brief.\nHi',
    },
    {
      name: 'parts, without images',
      body: {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is this?' },
              { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
            ],
          },
        ],
      },
      want: 'What is this?',
    },
    { name: 'completions', body: { prompt: ['one', 'two'] }, want: 'one\ntwo' },
    { name: 'responses', body: { instructions: 'Be kind.', input: 'Hi' }, want: 'Be kind.\nHi' },
    { name: 'messages', body: { system: [{ type: 'text', text: 'S' }], messages: [{ content: 'Hi' }] }, want: 'S\nHi' },
    { name: 'token ids say nothing', body: { prompt: [1, 2, 3] }, want: '' },
  ])('$name', ({ body, want }) => {
    expect(promptText(json(body))).toBe(want);
  });

  test('a body that is no JSON says nothing', () => {
    expect(promptText(Buffer.from('{"messages":['))).toBeUndefined();
  });
});

describe('what was answered', () => {
  test.each<{ name: string; answer: Buffer; stream: boolean; want: string | undefined }>([
    {
      name: 'a whole chat answer',
      answer: json({ id: 'x', choices: [{ message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }] }),
      stream: false,
      want: 'Hello',
    },
    {
      name: 'a streamed chat, put together',
      answer: events(
        { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] },
        { choices: [{ index: 0, delta: { content: 'jo' } }] },
        { choices: [{ index: 0, delta: { content: 'hn@example.com' } }] },
        { choices: [], usage: { prompt_tokens: 1 } },
      ),
      stream: true,
      want: 'john@example.com',
    },
    {
      name: 'several choices apart',
      answer: events(
        {
          choices: [
            { index: 0, text: 'a' },
            { index: 1, text: 'x' },
          ],
        },
        {
          choices: [
            { index: 1, text: 'y' },
            { index: 0, text: 'b' },
          ],
        },
      ),
      stream: true,
      want: 'ab\nxy',
    },
    {
      name: 'tool calls',
      answer: events({
        choices: [{ index: 0, delta: { tool_calls: [{ function: { name: 'f', arguments: '{"a":1}' } }] } }],
      }),
      stream: true,
      want: '{"a":1}',
    },
    {
      name: 'responses, once',
      answer: events(
        { type: 'response.output_text.delta', delta: 'He' },
        { type: 'response.output_text.delta', delta: 'llo' },
        { type: 'response.output_text.done', text: 'Hello' },
        { type: 'response.completed', response: { output: [{ content: [{ type: 'output_text', text: 'Hello' }] }] } },
      ),
      stream: true,
      want: 'Hello',
    },
    {
      name: 'messages',
      answer: events(
        { type: 'message_start', message: { role: 'assistant', content: [] } },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hel' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'lo' } },
        { type: 'message_stop' },
      ),
      stream: true,
      want: 'Hello',
    },
    { name: 'Triton', answer: events({ text_output: 'Hel' }, { text_output: 'lo' }), stream: true, want: 'Hello' },
    { name: 'something that is no JSON', answer: Buffer.from([1, 2, 3]), stream: false, want: undefined },
  ])('$name', ({ answer, stream, want }) => {
    expect(completionText(answer, stream)).toBe(want);
  });
});

describe('the line of a capture', () => {
  const style = { format: 'json', service: 'gateway', gatewayId: 'gw-1' } as const;
  const start = (within = createTimeBound(1_000)) => {
    const lines: Record<string, unknown>[] = [];
    const warnings: Fields[] = [];
    const log: Logger = { ...silentLogger, warn: (_, fields = {}) => void warnings.push(fields) };
    const writer = { write: (line: string) => void lines.push(JSON.parse(line)) };
    return { lines, warnings, capture: new Capture({ writer, style, log, within }) };
  };
  const routeWith = (redact: readonly string[], basisPoints = 10_000) =>
    routeOf([chatBackend], { capture: { basisPoints, redact } });
  const body = json({ messages: [{ role: 'user', content: 'I am Jane, jane@example.com, of Project Ikarus' }] });
  const answer = events({ choices: [{ index: 0, delta: { content: 'Hello Jane, 0123 456' } }] });

  test('nothing of a route that does not ask for it', () => {
    const { capture } = start();
    expect(capture.begin(routeOf([chatBackend]), 'req-1')).toBeNull();
    expect(capture.begin(routeOf([chatBackend], { capture: null }), 'req-1')).toBeNull();
    expect(capture.begin(routeWith([], 0), 'req-1')).toBeNull();
  });

  test('prompt and completion are redacted by the route and by what always is', () => {
    const { capture, lines } = start();
    const route = routeWith(['Project \\w+']);
    const tap = capture.begin(route, 'req-1');
    if (tap === null) throw new Error('not captured');
    // Half a frame at a time, in one buffer that is read into again.
    const shared = Buffer.from(answer);
    tap.answer(shared.subarray(0, 40));
    tap.answer(shared.subarray(40));
    shared.fill(0);
    capture.ended(aCall({ route }), body, tap);
    expect(lines).toEqual([
      {
        level: 'info',
        message: 'capture',
        service: 'gateway',
        gatewayId: 'gw-1',
        timestamp: '2026-01-02T03:04:06.928Z',
        requestId: 'req-1',
        traceId: '0af7651916cd43dd8448eb211c80319c',
        route: 'chat',
        revision: 'chat/1',
        version: 'v1',
        prompt: 'I am Jane, [email], of [redacted]',
        completion: 'Hello Jane, [number]',
        truncated: false,
      },
    ]);
  });

  test('a very long prompt is left out, a very long answer cut', () => {
    const { capture, lines } = start();
    const route = routeWith([]);
    const tap = capture.begin(route, 'req-1');
    for (let sent = 0; sent < 100; sent++)
      tap?.answer(Buffer.from(`data: {"text_output":"${'word '.repeat(2_000)}"}\n\n`));
    expect(tap?.bytes.length).toBe(512 * 1024);
    if (tap !== null) capture.ended(aCall({ route }), Buffer.alloc(600 * 1024, 'x'), tap);
    expect(lines).toMatchObject([{ prompt: null, truncated: true }]);
    expect(String(lines[0]?.completion)).toHaveLength(8_192);
  });

  test('a route whose expressions take too long is given up, and nothing of it was shown', () => {
    const { capture, lines, warnings } = start(createTimeBound(5));
    const route = routeWith(['(a+)+b']);
    const slow = json({ messages: [{ role: 'user', content: 'a'.repeat(60) }] });
    for (let call = 0; call < 3; call++) {
      const tap = capture.begin(route, 'req-1');
      if (tap === null) throw new Error('given up too early');
      capture.ended(aCall({ route }), slow, tap);
    }
    expect(capture.begin(route, 'req-1')).toBeNull();
    expect(warnings.map(({ stops }) => stops)).toEqual([false, false, true]);
    expect(lines).toEqual([]);
  });

  test('a route whose expression is none is not captured, and the log says so once', () => {
    const { capture, warnings } = start();
    const route = routeWith(['(']);
    expect([capture.begin(route, 'a'), capture.begin(route, 'b')]).toEqual([null, null]);
    expect(warnings).toEqual([{ route: 'chat' }]);
  });
});
