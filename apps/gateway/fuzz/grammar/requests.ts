import type { Dice } from '../dice.ts';

const methods = ['GET', 'POST', 'POST', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'CONNECT', 'get', 'PRI', 'GETS', 'POST\t'];
const targets = [
  '/v1/chat/completions',
  '/v1/chat/completions',
  '/v1/models',
  '/?a=b&c=%20',
  '/a?b?c',
  '*',
  'http://x/v1/models',
  'x:443',
  '/a#b',
  '/a b',
  '//x/..;/%00',
  '/\x80',
  '/"<>\\^`{|}',
  '',
];
const versions = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'http/1.1',
  'HTTP/1.10',
  '',
];
const lineEnds = [
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\n',
  '\r',
  '\r\r\n',
  '\n\r\n',
  ' \r\n',
];
const hosts = [
  'Host: x',
  'host: gateway:4601',
  'HOST:\tx',
  'Host:',
  'Host : x',
  'Host: x, y',
  'Host: a b',
  'Host: x@y',
];

const ordinary = [
  'Content-Type: application/json',
  'content-type: application/json; charset=utf-8',
  'Authorization: Bearer sbk_1',
  'X-Api-Key: sbk_2',
  'x-request-id: r-1',
  'User-Agent: curl/8',
  'Accept: */*',
  'Accept-Encoding: gzip',
  'Cookie: a=b; c=d',
  'Connection: keep-alive',
  'Connection: Keep-Alive',
  'Connection: close',
  'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'X-Forwarded-For: 10.0.0.1',
  'X-Stainless-Timeout: 600',
  'x-empty:',
  'x-text: caf\xe9 \xa0',
  'x-tab:\ta\tb\t',
];

const unusual = [
  'Connection: upgrade',
  'Connection: close, keep-alive',
  'connection: x-request-id',
  'Connection: Close',
  'Connection:\tclose ',
  'Connection: keep-alive\r\nConnection: close',
  'Proxy-Connection: close',
  'Proxy-Connection: keep-alive',
  'Keep-Alive: timeout=5',
  'Upgrade: websocket',
  'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk',
  'Expect: 100-continue',
  'TE: trailers',
  'Trailer: x-sum',
  'x-data-parallel-rank: 1',
  'X-Override-Rid: 7',
  'X-Signalbox-Replica: x',
  'Content-Type: multipart/form-data; boundary=x',
  'Content-Encoding: gzip',
  'authorization: Bearer other',
  'x-fold: a\r\n b',
  'x-fold: a\r\n\tb',
  ' x-first: a',
  'x-nul: a\0b',
  'x-cr: a\rb',
  'x-lf: a\nb',
  'x-del: \x7f',
  ': nameless',
  'no colon',
  'na me: x',
  'n\xe4me: x',
  'na(me: x',
  '\x0bx-vt: x',
];

const lengths = [
  'Content-Length: ',
  'content-length:',
  'Content-Length:\t',
  'CONTENT-LENGTH:  ',
  'Content-Length : ',
  'Content_Length: ',
];
const oddLengths = ['+', '-', '0x', '00', ' ', '\t', '"', '1,', '\x0b', '\xa0'];
const codings = [
  'Transfer-Encoding: chunked',
  'transfer-encoding:chunked',
  'Transfer-Encoding: Chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding:',
  ' Transfer-Encoding: chunked',
  'X: y\nTransfer-Encoding: chunked',
  'X: y\rTransfer-Encoding: chunked',
  'Transfer\xadEncoding: chunked',
  'Transfer-Encoding\0: chunked',
];
const bodies = ['', '{}', '{"model":"chat"}', 'x', 'hello\r\n', '\r\n', '0\r\n\r\n'];

/** One to four requests on one connection: mostly ordinary, with the known ways to smuggle one in another. */
export function requests(dice: Dice): string {
  let text = '';
  do text += request(dice, dice.chance(0.5) ? 0 : 1);
  while (dice.chance(0.35) && text.length < 2_000);
  return text;
}

/** `oddity` 0: nothing but what every client sends. */
function request(dice: Dice, oddity: number): string {
  const end = (): string => (oddity > 0 && dice.chance(0.06) ? dice.of(lineEnds) : '\r\n');
  const isOdd = (): boolean => oddity > 0 && dice.chance(0.15);
  const method = isOdd() ? dice.of(methods) : dice.chance(0.3) ? 'GET' : 'POST';
  const target = isOdd() ? dice.of(targets) : dice.of(targets.slice(0, 5));
  const first = `${method}${isOdd() ? dice.of([' ', '  ', '\t']) : ' '}${target} ${isOdd() ? dice.of(versions) : 'HTTP/1.1'}`;
  const body = bodyOf(dice, oddity);
  const lines = [isOdd() ? dice.of(hosts) : 'Host: x', ...dice.some(ordinary, 6)];
  if (oddity > 0) lines.push(...dice.some(unusual, 3));
  if (isOdd()) lines.splice(0, 1);
  if (isOdd()) lines.push(dice.of(hosts));
  const { text, framing } = framed(dice, body, oddity, method === 'GET' && dice.chance(0.8));
  lines.push(...framing);
  if (oddity > 0 && dice.chance(0.004)) lines.push(`x-long: ${'y'.repeat(longLength(dice))}`);
  if (oddity > 0 && dice.chance(0.004)) lines.push(...new Array(80 + dice.below(60)).fill('x-many: y'));
  const head = [first, ...dice.shuffle(lines)].map((line) => line + end()).join('');
  return (isOdd() ? dice.of(['\r\n', '\n', ' ', '\r']) : '') + head + end() + text;
}

/** About what a head may have in all, and now and then far more. */
export function longLength(dice: Dice): number {
  return dice.chance(0.8) ? 15_900 + dice.below(600) : 70_000;
}

function bodyOf(dice: Dice, oddity: number): string {
  if (oddity > 0 && dice.chance(0.2)) return request(dice, 0);
  // More than may wait behind a request that is being answered.
  if (oddity > 0 && dice.chance(0.002)) return 'z'.repeat(70_000);
  return dice.of(bodies);
}

function framed(dice: Dice, body: string, oddity: number, isBare: boolean): { text: string; framing: string[] } {
  if (isBare) return { text: '', framing: [] };
  if (oddity === 0)
    return { text: body, framing: body === '' && dice.chance(0.5) ? [] : [`Content-Length: ${body.length}`] };
  const framing: string[] = [];
  const isChunked = dice.chance(0.35);
  if (!isChunked || dice.chance(0.2)) framing.push(lengthLine(dice, body.length));
  if (dice.chance(0.05)) framing.push(lengthLine(dice, body.length));
  if (isChunked || dice.chance(0.1)) framing.push(dice.chance(0.5) ? 'Transfer-Encoding: chunked' : dice.of(codings));
  return { text: isChunked ? chunks(dice, body) : body, framing };
}

function lengthLine(dice: Dice, length: number): string {
  const name = dice.chance(0.7) ? 'Content-Length: ' : dice.of(lengths);
  const given = dice.chance(0.8) ? length : Math.max(0, length + dice.below(7) - 3);
  if (dice.chance(0.8)) return `${name}${given}`;
  return dice.chance(0.5) ? `${name}${dice.of(oddLengths)}${given}` : `${name}${given}${dice.of(oddLengths)}`;
}

const oddSizes = ['+', '-', ' ', '0x', '0000000', '\t', ';', ';x', ';x=y', ';x="y', ';x="\r\n"', '\r', 'g', '_'];

/** The body in chunks, now and then with a size that parsers read differently. */
export function chunks(dice: Dice, body: string): string {
  let text = '';
  for (let at = 0; at < body.length; ) {
    const size = 1 + dice.below(body.length - at);
    text += `${sizeOf(dice, size)}${lineEnd(dice)}${body.slice(at, at + size)}${lineEnd(dice)}`;
    at += size;
  }
  const trailers = dice.chance(0.2) ? dice.some(trailerLines, 3).map((line) => line + lineEnd(dice)) : [];
  return `${text}${dice.chance(0.95) ? '0' : dice.of(['00', '0;x', '-0', '', '000000000'])}${lineEnd(dice)}${trailers.join('')}${lineEnd(dice)}`;
}

const trailerLines = [
  'x-sum: 1',
  'X: y',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'no colon',
  ' x: y',
  ': y',
  'x : y',
  'n\xe4me: x',
  'x: \x01',
];

function sizeOf(dice: Dice, size: number): string {
  const hex = dice.chance(0.5) ? size.toString(16) : size.toString(16).toUpperCase();
  if (dice.chance(0.85)) return hex;
  return dice.chance(0.4) ? dice.of(oddSizes) + hex : hex + dice.of(oddSizes);
}

function lineEnd(dice: Dice): string {
  return dice.chance(0.96) ? '\r\n' : dice.of(lineEnds);
}
