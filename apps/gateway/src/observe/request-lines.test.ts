import { describe, expect, test } from '@jest/globals';
import { aCall } from './call-summary.fixture.ts';
import type { CallSummary } from './call-summary.ts';
import { msText, Remembered } from './log-lines.ts';
import { createRequestLine, createRequestLines } from './request-lines.ts';

const style = { format: 'json', service: 'gateway', gatewayId: 'gw-1' } as const;
const read = (line: string): Record<string, unknown> => JSON.parse(line);
const failed = aCall({
  outcome: 'error',
  status: 502,
  firstByteMs: null,
  attempts: [
    { replicaId: 'r-1', revision: 'chat/1', startedMs: 0, endedMs: 5, failure: 'status 503' },
    { replicaId: 'r-2', revision: 'chat/1', startedMs: 5, endedMs: 9, failure: 'reset' },
  ],
});

describe('the line of a request', () => {
  const line = createRequestLine(style);

  test('is what the logger would write', () => {
    const text = line(aCall({ queuedMs: 12.34 }));
    expect(text.endsWith('}\n')).toBe(true);
    expect(read(text)).toEqual({
      level: 'info',
      message: 'request',
      service: 'gateway',
      gatewayId: 'gw-1',
      timestamp: '2026-01-02T03:04:06.928Z',
      requestId: 'req-1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      path: '/v1/chat/completions',
      keyId: 'key-1',
      route: 'chat',
      revision: 'chat/1',
      version: 'v1',
      replicaId: 'rep-1',
      outcome: 'ok',
      status: 200,
      attempts: 1,
      queuedMs: 12.3,
      firstByteMs: 250,
      durationMs: 1_250,
      bytesIn: 600,
      bytesOut: 20_000,
      inputTokens: 12,
      cachedTokens: 4,
      outputTokens: 101,
      usage: 'exact',
      finishReason: 'stop',
    });
  });

  test.each<{ name: string; call: CallSummary; want: Record<string, unknown> }>([
    {
      name: 'tells the failures of attempts',
      call: failed,
      want: { outcome: 'error', status: 502, attempts: 2, failures: ['status 503', 'reset'], firstByteMs: null },
    },
    {
      name: 'tells a failure that no caller saw',
      call: {
        ...failed,
        outcome: 'ok',
        status: 200,
        attempts: failed.attempts.map((attempt, index) => ({ ...attempt, failure: index === 0 ? 'reset' : null })),
      },
      want: { outcome: 'ok', attempts: 2, failures: ['reset'] },
    },
    {
      name: 'has nulls where there was nobody',
      call: aCall({
        keyId: null,
        backend: null,
        replicaId: null,
        outcome: 'unserved',
        status: 503,
        finishReason: null,
        attempts: [],
      }),
      want: { keyId: null, revision: null, version: null, replicaId: null, route: 'chat', finishReason: null },
    },
    {
      name: 'escapes what callers and engines may choose',
      call: aCall({ operation: '/v2/models/"\u2028ü\n/infer', finishReason: '"},{"level":"error' }),
      want: { path: '/v2/models/"\u2028ü\n/infer', finishReason: '"},{"level":"error' },
    },
  ])('$name', ({ call, want }) => {
    expect(read(line(call))).toMatchObject(want);
    expect(line(call).indexOf('\n')).toBe(line(call).length - 1);
  });

  test('goes on to the next second, and back when the clock is set', () => {
    const at = (ms: number) => read(line(aCall({ startedAt: ms, durationMs: 0 }))).timestamp;
    const noon = Date.UTC(2026, 5, 1, 12);
    for (const ms of [noon + 999, noon + 1_000, noon + 61_001.9, noon - 1, noon])
      expect(at(ms)).toBe(new Date(ms).toISOString());
  });

  test('can be read on a terminal', () => {
    const pretty = createRequestLine({ ...style, format: 'pretty' });
    expect(pretty(failed)).toBe(
      '2026-01-02T03:04:06.928Z INFO  request gatewayId=gw-1 requestId=req-1 traceId=0af7651916cd43dd8448eb211c80319c ' +
        'path=/v1/chat/completions route=chat revision=chat/1 version=v1 replicaId=rep-1 keyId=key-1 outcome=error ' +
        'status=502 attempts=2 failures=["status 503","reset"] firstByteMs=null durationMs=1250 bytesIn=600 ' +
        'bytesOut=20000 inputTokens=12 cachedTokens=4 outputTokens=101 usage=exact finishReason=stop\n',
    );
  });
});

describe('which requests have a line', () => {
  const calls = [
    aCall({ requestId: 'ok' }),
    failed,
    aCall({ requestId: 'theirs', outcome: 'callerError', status: 400 }),
    aCall({ requestId: 'left', outcome: 'cancelled', status: 200 }),
    aCall({ requestId: 'limited', outcome: 'refused', status: 429 }),
    aCall({ requestId: 'unserved', outcome: 'unserved', status: 503 }),
  ];
  test.each([
    { mode: 'all', want: ['ok', 'req-1', 'theirs', 'left', 'limited', 'unserved'] },
    { mode: 'errors', want: ['req-1', 'unserved'] },
    { mode: 'off', want: [] },
  ] as const)('$mode: $want', ({ mode, want }) => {
    const lines: string[] = [];
    const ended = createRequestLines({ write: (line) => lines.push(line) }, { ...style, mode });
    for (const call of calls) ended(call);
    expect(lines.map((line) => read(line).requestId)).toEqual(want);
  });
});

describe('parts of lines', () => {
  test.each([
    [0, '0'],
    [0.04, '0'],
    [0.05, '0.1'],
    [9.96, '10'],
    [1_234.56, '1234.6'],
    [86_400_000.1, '86400000.1'],
  ])('%d ms is written as %s', (ms, want) => {
    expect(msText(ms)).toBe(want);
  });

  test('what is remembered is made once, and forgotten before it grows without bound', () => {
    let made = 0;
    const remembered = new Remembered((value) => `${value}${++made}`, 2);
    expect(['a', 'b', 'a', 'c', 'a'].map((value) => remembered.get(value))).toEqual(['a1', 'b2', 'a1', 'c3', 'a4']);
  });
});
