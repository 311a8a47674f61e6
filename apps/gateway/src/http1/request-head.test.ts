import { describe, expect, test } from '@jest/globals';
import { RequestHead, readRequestHead } from './request-head.ts';

function read(lines: string, first = 'POST /v1/chat/completions?a=b HTTP/1.1'): RequestHead | undefined {
  const bytes = Buffer.from(`${first}\r\n${lines}`, 'latin1');
  const head = new RequestHead();
  return readRequestHead(bytes, 0, bytes.length, head) ? head : undefined;
}

const host = 'host: x\r\n';

describe('an ordinary head', () => {
  test('tells what the policy asks for', () => {
    const head = read(
      `${host}Content-Type: application/json\r\nAuthorization:  Bearer k \r\nContent-Length: 12\r\nX-Request-Id: r1\r\n`,
    );
    expect(head).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions',
      query: '?a=b',
      contentType: 'application/json',
      authorization: 'Bearer k',
      contentLength: 12,
      requestId: 'r1',
      keepAlive: true,
      headers: 5,
    });
  });

  test.each<{ name: string; sent: string; want: string }>([
    {
      name: 'plain headers go on as they came',
      sent: 'Content-Type: application/json\r\nUser-Agent:x\r\n',
      want: 'Content-Type: application/json\r\nUser-Agent:x\r\n',
    },
    {
      name: 'the caller’s secrets never do',
      sent: 'Authorization: Bearer sbk\r\nX-API-KEY: sbk\r\nCookie: a=b\r\nAccept: */*\r\n',
      want: 'Accept: */*\r\n',
    },
    {
      name: 'hop-by-hop ones end here',
      sent: 'Keep-Alive: 1\r\nconnection: keep-alive\r\nA: b\r\n',
      want: 'A: b\r\n',
    },
    {
      name: 'overrides are the gateway’s',
      sent: 'x-data-parallel-rank: 3\r\nx-override-priority: 9\r\nX-Signalbox-Pin: v1\r\nX-Forwarded-Proto: x\r\nx-gateway-: 1\r\n',
      want: '',
    },
    {
      name: 'a triton tensor length passes',
      sent: 'Inference-Header-Content-Length: 80\r\n',
      want: 'Inference-Header-Content-Length: 80\r\n',
    },
    {
      name: 'what stands between dropped headers passes',
      sent: 'A: 1\r\nCookie: x\r\nB: 2\r\nTraceparent: t\r\nC: 3\r\n',
      want: 'A: 1\r\nB: 2\r\nC: 3\r\n',
    },
  ])('$name', ({ sent, want }) => {
    expect(read(host + sent)?.forwarded).toBe(want);
  });

  test('a connection that closes says so', () => {
    expect(read(`${host}connection: close\r\n`)?.keepAlive).toBe(false);
  });
});

describe('what is left to Node’s parser', () => {
  test.each<[string, string, string?]>([
    ['another version', host, 'POST / HTTP/1.0'],
    ['another method', host, 'DELETE / HTTP/1.1'],
    ['an absolute target', host, 'POST http://x/ HTTP/1.1'],
    ['a target with an odd byte', host, 'POST /a"b HTTP/1.1'],
    ['a fragment', host, 'GET /a#b HTTP/1.1'],
    ['two spaces', host, 'GET  / HTTP/1.1'],
    ['no host', 'a: b\r\n'],
    ['two hosts', `${host}${host}`],
    ['a transfer coding', `${host}transfer-encoding: chunked\r\n`],
    ['two lengths', `${host}content-length: 1\r\ncontent-length: 1\r\n`],
    ['a signed length', `${host}content-length: +1\r\n`],
    ['an empty length', `${host}content-length: \r\n`],
    ['a hexadecimal length', `${host}content-length: 0x1\r\n`],
    ['a length beyond reason', `${host}content-length: 9999999999999999\r\n`],
    ['a list of lengths', `${host}content-length: 1, 1\r\n`],
    ['Expect', `${host}expect: 100-continue\r\n`],
    ['Upgrade', `${host}upgrade: h2c\r\n`],
    ['Connection naming a header', `${host}connection: x-hop\r\n`],
    ['Proxy-Connection, by which Node’s parser ends a connection', `${host}proxy-connection: close\r\n`],
    ['a folded header', `${host}a: b\r\n c: d\r\n`],
    ['a space before the colon', `${host}a : b\r\n`],
    ['an empty name', `${host}: b\r\n`],
    ['no colon', `${host}abc\r\n`],
    ['a NUL', `${host}a: b\0c\r\n`],
    ['a bare CR', `${host}a: b\rc: d\r\n`],
    ['a bare LF', `${host}a: b\nc: d\r\n`],
    ['a form', `${host}content-type: multipart/form-data; boundary=x\r\n`],
    ['two secrets', `${host}authorization: Bearer a\r\nauthorization: Bearer b\r\n`],
  ])('%s', (_, lines, ...[first]) => {
    expect(read(lines, first)).toBeUndefined();
  });
});
