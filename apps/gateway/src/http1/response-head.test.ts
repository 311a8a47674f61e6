import { describe, expect, test } from '@jest/globals';
import { headEnd, readResponseHead } from './response-head.ts';

function read(lines: string, first = 'HTTP/1.1 200 OK') {
  const bytes = Buffer.from(`${first}\r\n${lines}\r\n`, 'latin1');
  return readResponseHead(bytes, bytes.length);
}

describe('an engine’s head', () => {
  test('frames its body and keeps its internals', () => {
    const head = read(
      `date: x\r\nserver: uvicorn\r\ncontent-length: 12\r\nContent-Type: application/json\r\nx-a: 1\r\nX-A: 2\r\nx-signalbox-replica: liar\r\nx-signalbox-${'long'.repeat(20)}: liar\r\n`,
    );
    expect(head).toMatchObject({
      status: 200,
      framing: 'length',
      length: 12,
      keepAlive: true,
      contentType: 'application/json',
      passed: 'Content-Type: application/json\r\nx-a: 1\r\nX-A: 2\r\n',
    });
  });

  test.each<[string, string, string | undefined, object]>([
    ['chunks', 'Transfer-Encoding: chunked\r\n', undefined, { framing: 'chunked', keepAlive: true }],
    ['no length: up to its end', '', undefined, { framing: 'close', keepAlive: false }],
    ['an empty body', 'content-length: 0\r\n', undefined, { framing: 'none', keepAlive: true }],
    ['no content', '', 'HTTP/1.1 204 No Content', { framing: 'none', status: 204 }],
    ['an older server', 'content-length: 1\r\n', 'HTTP/1.0 200 OK', { keepAlive: false }],
    ['a reason left out', 'content-length: 1\r\n', 'HTTP/1.1 200', { status: 200 }],
    ['a server that closes', 'content-length: 1\r\nconnection: Close\r\n', undefined, { keepAlive: false }],
    [
      'a server that closes, whatever else it says',
      'content-length: 1\r\nconnection: close\r\nConnection: keep-alive\r\n',
      undefined,
      { keepAlive: false },
    ],
    [
      'an older server that stays',
      'content-length: 1\r\nconnection: keep-alive\r\n',
      'HTTP/1.0 200 OK',
      { keepAlive: true },
    ],
    ['a proxy that closes', 'content-length: 1\r\nproxy-connection: close\r\n', undefined, { keepAlive: false }],
    [
      'a server that tells how long',
      'content-length: 1\r\nkeep-alive: timeout=5\r\n',
      undefined,
      { keepAliveTimeoutMs: 5_000 },
    ],
    [
      'what Connection names',
      'content-length: 1\r\nconnection: x-hop\r\nx-hop: 1\r\nx-b: 2\r\n',
      undefined,
      { passed: 'x-b: 2\r\n' },
    ],
  ])('%s', (_, lines, first, want) => {
    expect(read(lines, first)).toMatchObject(want);
  });

  test.each<[string, string, string?]>([
    ['no HTTP', '', 'hello'],
    ['HTTP/2 in clear', '', 'HTTP/2 200 OK'],
    ['two lengths', 'content-length: 1\r\ncontent-length: 1\r\n'],
    ['a length and a coding', 'content-length: 1\r\ntransfer-encoding: chunked\r\n'],
    ['another coding', 'transfer-encoding: gzip, chunked\r\n'],
    ['a space that is none before a length', 'content-length: \xa01\r\n'],
    ['a tab behind a coding', 'transfer-encoding: chunked\t \r\n'],
    ['an interim answer after which the connection ends', 'connection: close\r\n', 'HTTP/1.1 103 Early Hints'],
    ['an interim answer after which a proxy ends it', 'proxy-connection: close\r\n', 'HTTP/1.1 103 Early Hints'],
    ['an interim answer of a version that has none', '', 'HTTP/1.0 103 Early Hints'],
    ['a space that is none behind a coding', 'transfer-encoding: chunked\xa0\r\n'],
    ['a bracket in a name', 'content(length: 1\r\n'],
    ['a signed length', 'content-length: -1\r\n'],
    ['a line without a colon', 'abc\r\n'],
    ['a space in a name', 'a b: c\r\n'],
    ['a folded header', 'a: b\r\n c\r\n'],
    ['a bare LF', 'a: b\nset-cookie: c\r\n'],
    ['a bare CR', 'a: b\rset-cookie: c\r\n'],
    ['a NUL', 'a: b\0\r\n'],
    ['a flood', Array.from({ length: 101 }, (_, index) => `x-${index}: 1\r\n`).join('')],
    ['an upgrade nobody asked for', 'upgrade: x\r\n', 'HTTP/1.1 101 Switching Protocols'],
  ])('is refused for %s', (_, lines, ...[first]) => {
    expect(read(lines, first)).toBeUndefined();
  });

  test('ends at its empty line, and not beyond 16 KiB', () => {
    expect(headEnd(Buffer.from('a\r\n\r\nb'), 0)).toBe(5);
    expect(headEnd(Buffer.from('a\r\n\r'), 0)).toBe(0);
    expect(headEnd(Buffer.alloc(16_385, 'x'), 0)).toBe(-1);
  });
});
