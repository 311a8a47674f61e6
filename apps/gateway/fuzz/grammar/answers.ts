import type { Dice } from '../dice.ts';
import { chunks, longLength } from './requests.ts';

const firsts = [
  'HTTP/1.1 200',
  'HTTP/1.1 204 No Content',
  'HTTP/1.1 304 Not Modified',
  'HTTP/1.1 205 Reset Content',
  'HTTP/1.1 400 Bad Request',
  'HTTP/1.1 503 Busy \xe9',
  'HTTP/1.0 200 OK',
  'HTTP/1.1 101 Switching Protocols',
  'HTTP/1.1 099 Low',
  'HTTP/1.1 600 High',
  'HTTP/1.1 0200 OK',
  'HTTP/1.1  200 OK',
  'HTTP/1.1\t200 OK',
  'HTTP/1.2 200 OK',
  'HTTP/2 200 OK',
  'http/1.1 200 OK',
  'ICY 200 OK',
  '\r\nHTTP/1.1 200 OK',
];
const interim = [
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n',
  'HTTP/1.1 102 Wait\r\ncontent-length: 3\r\n\r\n',
  'HTTP/1.1 100 Continue\r\nconnection: close\r\n\r\n',
  'HTTP/1.1 103 Hints\r\ntransfer-encoding: chunked\r\n\r\n',
];
const lines = [
  'content-type: application/json',
  'Content-Type: text/event-stream',
  'server: uvicorn',
  'date: Mon, 01 Jan 2026 00:00:00 GMT',
  'cache-control: no-store',
  'x-request-id: e-1',
  'set-cookie: a=b',
  'Connection: close',
  'Connection: keep-alive',
  'connection: x-hop, close',
  'x-hop: 1',
  'Keep-Alive: timeout=5, max=1000',
  'Proxy-Connection: close',
  'x-a: caf\xe9\xa0',
  'x-empty:',
];
const oddLines = [
  'Upgrade: h2c',
  'Connection: upgrade\r\nUpgrade: x',
  'x-fold: a\r\n b',
  'x-lf: a\nset-cookie: b=c',
  'x-cr: a\rset-cookie: b=c',
  'x-nul: a\0b',
  'x y: z',
  'x(y): z',
  'x\xe9: z',
  'no colon',
  ': nameless',
  'x : y',
  ' x: y',
  'x-del: \x7f',
];
const lengths = [
  'content-length: ',
  'Content-Length:',
  'content-length:\t',
  'content-length : ',
  'content-length: +',
  'content-length: 0',
  'content-length: \xa0',
  'content-length: \x0b',
];
const codings = [
  'Transfer-Encoding: chunked',
  'transfer-encoding: Chunked',
  'transfer-encoding:chunked ',
  'transfer-encoding:\tchunked\t',
  'transfer-encoding: \xa0chunked',
  'transfer-encoding: chunked\xa0',
  'transfer-encoding: gzip, chunked',
  'transfer-encoding: chunked, identity',
  'transfer-encoding: identity',
  'transfer-encoding: chunked\r\ntransfer-encoding: chunked',
  'transfer-encoding:',
  'transfer-encoding : chunked',
];
const bodies = [
  '',
  '{}',
  '{"choices":[]}',
  'data: {"n":1}\n\ndata: [DONE]\n\n',
  'a\r\n\r\nb',
  'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx',
];

/** One answer of an engine, as good ones and bad ones write it. */
export function answer(dice: Dice): string {
  const isOdd = dice.chance(0.6);
  const odd = (): boolean => isOdd && dice.chance(0.2);
  const body = dice.of(bodies);
  const isChunked = dice.chance(0.45);
  const head = [odd() ? dice.of(firsts) : 'HTTP/1.1 200 OK', ...dice.some(lines, 6)];
  if (isOdd) head.push(...dice.some(oddLines, 1));
  if (isOdd && dice.chance(0.004)) head.push(`x-long: ${'y'.repeat(longLength(dice))}`);
  if (isChunked) head.push(odd() ? dice.of(codings) : 'transfer-encoding: chunked');
  else if (dice.chance(0.85))
    head.push(`${odd() ? dice.of(lengths) : 'content-length: '}${lengthOf(dice, body.length, isOdd)}`);
  if (odd()) head.push(dice.chance(0.5) ? dice.of(codings) : `${dice.of(lengths)}${body.length}`);
  const before = odd() ? dice.of(interim) : '';
  const after = odd() ? dice.of(['x', '\r\n', '0\r\n\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n']) : '';
  const lineEnd = (): string => (odd() && dice.chance(0.2) ? dice.of(['\n', '\r', '\r\r\n', ' \r\n']) : '\r\n');
  const text = isChunked ? chunks(dice, body) : body;
  return `${before}${head.map((line) => line + lineEnd()).join('')}${lineEnd()}${text}${after}`;
}

function lengthOf(dice: Dice, length: number, isOdd: boolean): string {
  if (!isOdd || dice.chance(0.8)) return String(length);
  return dice.of([
    `${length + 1}`,
    `${Math.max(0, length - 1)}`,
    `${length},${length}`,
    `${length} `,
    `${length}\t`,
    `${length}\xa0`,
    '9999999999999999',
    '',
  ]);
}
