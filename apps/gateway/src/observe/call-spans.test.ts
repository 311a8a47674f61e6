import { describe, expect, test } from '@jest/globals';
import type { FinishedSpan } from '@signalbox/runtime';
import { createCallTraces, spansOf } from './call-spans.ts';
import { aCall } from './call-summary.fixture.ts';

const { startedAt } = aCall();

function treeOf(...change: Parameters<typeof aCall>): FinishedSpan[] {
  let next = 0;
  return spansOf(aCall(...change), () => `span-${++next}`);
}

describe('the spans of a call', () => {
  test('are its whole, its wait, its attempts and its stream', () => {
    const spans = treeOf({
      queuedMs: 40,
      attempts: [
        { replicaId: 'r-1', revision: 'chat/2', startedMs: 40, endedMs: 60, failure: 'status 503' },
        { replicaId: 'r-2', revision: 'chat/1', startedMs: 60, endedMs: 1_250, failure: null },
      ],
    });
    expect(
      spans.map(({ name, kind, startedAt: from, endedAt, error }) => [
        name,
        kind,
        from - startedAt,
        endedAt - startedAt,
        error,
      ]),
    ).toEqual([
      ['chat chat', 'client', 0, 1_250, null],
      ['queue', 'internal', 0, 40, null],
      ['attempt 1', 'client', 40, 60, 'status 503'],
      ['attempt 2', 'client', 60, 1_250, null],
      ['stream', 'internal', 250, 1_250, null],
    ]);
    expect(spans[2]?.attributes).toEqual({
      'signalbox.replica': 'r-1',
      'signalbox.revision': 'chat/2',
      'error.type': '503',
    });
  });

  test('hang below the caller’s span by the id that the engines were told', () => {
    const [root, ...children] = treeOf();
    expect([root?.traceId, root?.parentSpanId, root?.spanId]).toEqual([
      '0af7651916cd43dd8448eb211c80319c',
      'b7ad6b7169203331',
      '00f067aa0ba902b7',
    ]);
    expect(children.map(({ parentSpanId }) => parentSpanId)).toEqual(children.map(() => root?.spanId));
    expect(new Set(children.map(({ spanId }) => spanId)).size).toBe(children.length);
  });

  test('say what the conventions for generative AI want to know, and nothing of keys', () => {
    const [root] = treeOf({ choices: 2, tokens: { input: 12, cached: 4, output: 101, reasoning: 9 } });
    expect(root?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'vllm',
      'gen_ai.request.model': 'chat',
      'gen_ai.request.stream': true,
      'gen_ai.request.max_tokens': 256,
      'gen_ai.request.choice.count': 2,
      'gen_ai.response.model': 'tiny',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.time_to_first_chunk': 0.25,
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.usage.output_tokens': 101,
      'gen_ai.usage.cache_read.input_tokens': 4,
      'gen_ai.usage.reasoning.output_tokens': 9,
      'http.response.status_code': 200,
      'signalbox.route': 'chat',
      'signalbox.hold_ms': 0,
      'signalbox.tries': 1,
      'signalbox.revision': 'chat/1',
      'signalbox.model_version': 'v1',
    });
  });

  test('of one that reached nobody are one span that says why', () => {
    const spans = treeOf({
      outcome: 'unserved',
      status: 503,
      backend: null,
      attempts: [],
      firstByteMs: null,
      exactness: 'none',
      finishReason: null,
    });
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({ error: 'unserved', attributes: { 'error.type': 'unserved' } });
    expect(spans[0]?.attributes).not.toHaveProperty('gen_ai.usage.output_tokens');
  });

  test('are sent for sampled calls only', () => {
    const sent: string[] = [];
    const ended = createCallTraces({ record: ({ name }) => sent.push(name) }, () => '0123456789abcdef');
    ended(aCall({ sampled: false }));
    expect(sent).toEqual([]);
    ended(aCall());
    expect(sent).toEqual(['chat chat', 'attempt 1', 'stream']);
  });
});
