import { describe, expect, test } from '@jest/globals';
import { ChunkedDecoder } from './chunked-decoder.ts';

/** The data found when the bytes come in reads of that size. */
function decode(text: string, readBytes: number): { data: string; end: 'done' | 'bad' | 'more'; rest: string } {
  const decoder = new ChunkedDecoder();
  const bytes = Buffer.from(text, 'latin1');
  let data = '';
  let at = 0;
  for (let from = 0; from < bytes.length && !decoder.isDone && !decoder.isBad; from += readBytes) {
    const end = Math.min(bytes.length, from + readBytes);
    for (at = from; at < end && !decoder.isDone && !decoder.isBad; ) {
      at = decoder.step(bytes, at, end);
      data += bytes.toString('latin1', decoder.dataFrom, decoder.dataTo);
    }
  }
  return { data, end: decoder.isDone ? 'done' : decoder.isBad ? 'bad' : 'more', rest: text.slice(at) };
}

describe('a chunked body', () => {
  const body = '5\r\nhello\r\n1;x="y;\\"";z=1;a\r\n!\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n';
  test.each(Array.from({ length: body.length }, (_, index) => index + 1))('is the same in reads of %d', (size) => {
    expect(decode(body, size)).toMatchObject({ data: 'hello!0123456789', end: 'done' });
  });

  test('ends where the next message begins', () => {
    expect(decode('1\r\na\r\n0\r\n\r\nHTTP/1.1', 100)).toEqual({ data: 'a', end: 'done', rest: 'HTTP/1.1' });
  });

  test.each([
    ['a signed size', '+5\r\nhello\r\n'],
    ['a space before the size', ' 5\r\nhello\r\n'],
    ['a space behind it', '5 \r\nhello\r\n'],
    ['no size', '\r\nhello'],
    ['a prefix', '0x5\r\nhello\r\n'],
    ['nine digits', '000000005\r\nhello\r\n'],
    ['a bare LF', '5\nhello\r\n'],
    ['a bare CR', '5\rhello\r\n'],
    ['data longer than its size', '5\r\nhello!\r\n'],
    ['a bare LF behind the data', '5\r\nhello\n'],
    ['an empty extension', '5;\r\nhello\r\n'],
    ['an extension that is no name', '5;a b\r\nhello\r\n'],
    ['an open quote in an extension', '5;a="b\r\nhello\r\n'],
    ['a trailer without a colon', '0\r\nx\r\n\r\n'],
    ['a trailer without a name', '0\r\n: x\r\n\r\n'],
    ['a length in a trailer', '0\r\nContent-Length: 1\r\n\r\n'],
    ['a coding in a trailer', '0\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['a folded trailer', '0\r\nx: y\r\n z\r\n\r\n'],
    ['an endless extension', `5;${'x'.repeat(300)}\r\nhello\r\n`],
    ['a bare LF in an extension', '5;x\nhello\r\n'],
    ['an endless trailer', `0\r\n${'x'.repeat(9_000)}`],
    ['a bare LF in a trailer', '0\r\nx: y\n\r\n'],
  ])('is refused for %s', (_, text) => {
    expect(decode(text, 1_000).end).toBe('bad');
    expect(decode(text, 1).end).toBe('bad');
  });
});
