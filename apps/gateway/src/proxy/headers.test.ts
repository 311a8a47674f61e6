import { describe, expect, test } from '@jest/globals';
import { answerHeaders, requestHeaders, saneRequestId, traceFor } from './headers.ts';

describe('headers towards the engine', () => {
  test.each<{ name: string; sent: string[]; connection?: string; want: string[] }>([
    {
      name: 'plain ones pass',
      sent: ['Content-Type', 'application/json', 'User-Agent', 'x'],
      want: ['content-type', 'application/json', 'user-agent', 'x'],
    },
    {
      name: 'the caller’s secrets never do',
      sent: ['Authorization', 'Bearer sbk', 'X-Api-Key', 'sbk', 'Cookie', 'a=b'],
      want: [],
    },
    {
      name: 'hop-by-hop ones end here',
      sent: ['TE', 'trailers', 'Keep-Alive', '1', 'Upgrade', 'h2c', 'Transfer-Encoding', 'chunked'],
      want: [],
    },
    {
      name: 'what Connection names ends here',
      sent: ['Connection', 'close, X-Hop', 'X-Hop', '1', 'Accept', '*/*'],
      connection: 'close, X-Hop',
      want: ['accept', '*/*'],
    },
    {
      name: 'overrides are the gateway’s',
      sent: ['x-data-parallel-rank', '3', 'x-override-priority', '9', 'X-Signalbox-Pin', 'v1'],
      want: [],
    },
    {
      name: 'a triton tensor length passes',
      sent: ['Inference-Header-Content-Length', '80'],
      want: ['inference-header-content-length', '80'],
    },
  ])('$name', ({ sent, connection, want }) => {
    expect(requestHeaders(sent, connection)).toEqual(want);
  });
});

describe('headers towards the caller', () => {
  test('internals are dropped and several values stay several', () => {
    const found = answerHeaders(
      {
        server: 'uvicorn',
        'x-a': ['1', '2'],
        connection: 'keep-alive',
        'content-length': '3',
        'x-signalbox-replica': 'liar',
      },
      { isEventStream: false },
    );
    expect(found).toEqual(['x-a', '1', 'x-a', '2', 'content-length', '3']);
  });

  test('a value that could break the head is dropped', () => {
    expect(
      answerHeaders({ 'x-a': 'b\r\nset-cookie: c', 'x-b': '\u4e00', 'x-c': 'ü' }, { isEventStream: false }),
    ).toEqual(['x-c', 'ü']);
  });

  test('an event stream has no length and no cache', () => {
    expect(answerHeaders({ 'content-length': '10', 'cache-control': 'max-age=9' }, { isEventStream: true })).toEqual([
      'cache-control',
      'no-cache',
      'x-accel-buffering',
      'no',
    ]);
  });

  test('a flood is refused', () => {
    const flood = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`x-${index}`, '1']));
    expect(answerHeaders(flood, { isEventStream: false })).toBeUndefined();
  });
});

describe('ids', () => {
  test.each([
    ['req_1:a.b-c', 'req_1:a.b-c'],
    ['', undefined],
    ['a b', undefined],
    ['a\u0000', undefined],
    ['x'.repeat(129), undefined],
    [undefined, undefined],
  ])('the request id %j becomes %j', (sent, want) => {
    expect(saneRequestId(sent)).toBe(want);
  });

  const hex = () => `${'f'.repeat(16)}0123456789abcdef`;

  test('a trace goes on under a new parent', () => {
    const sent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    expect(traceFor(sent, hex).header).toBe('00-0af7651916cd43dd8448eb211c80319c-0123456789abcdef-00');
  });

  test.each(['nonsense', '00-00000000000000000000000000000000-b7ad6b7169203331-01', undefined])(
    '%j starts a new trace',
    (sent) => {
      expect(traceFor(sent, hex).header).toBe(`00-${hex()}-0123456789abcdef-01`);
    },
  );
});
