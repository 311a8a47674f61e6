import { isTokenByte, isValueByte } from './token.ts';

/** How an answer's body is delimited. */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

const crlfcrlf = Buffer.from('\r\n\r\n');
const maxHeadBytes = 16_384;
const maxHeaders = 100;

/** Belong to one connection and end at the gateway; engines' internals; names that are the gateway's own. */
const notReturned = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'content-length',
  'server',
  'x-powered-by',
  'x-request-id',
  'request-id',
  'date',
  'endpoint-load-metrics',
  'set-cookie',
  'alt-svc',
  // Which pages may call is the route's to say.
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-expose-headers',
  'access-control-max-age',
]);
/** Lengths that a name which needs a closer look has; the rest passes after one comparison. */
const lengthsOfInterest = new Uint8Array(64);
for (const name of [...notReturned, 'content-type', 'content-encoding', 'cache-control', 'retry-after'])
  lengthsOfInterest[name.length] = 1;

/** The head of an engine's answer: what frames its body, and what of it the caller may see. */
export class ResponseHead {
  status = 0;
  framing: Framing = 'none';
  /** Of the body, where `framing` is `length`. */
  length = 0;
  keepAlive = true;
  /** As the engine announces it; undefined where it says nothing. */
  keepAliveTimeoutMs: number | undefined;
  contentType: string | undefined;
  contentEncoding: string | undefined;
  /** Lines for the caller, `name: value\r\n` each; framing is the gateway's own. */
  passed = '';
}

/** Where the head ends (behind its empty line); 0 while more must come, -1 when it is too long already. */
export function headEnd(bytes: Buffer, searchFrom: number): number {
  const at = bytes.indexOf(crlfcrlf, searchFrom);
  const end = at < 0 ? bytes.length : at + 4;
  if (end > maxHeadBytes) return -1;
  return at < 0 ? 0 : end;
}

/**
 * Reads an answer's head. Engines are distrusted: undefined for anything that two parsers might frame differently
 * (two lengths, a length and a coding, a coding other than `chunked`), for bytes that could break the caller's head,
 * and for an upgrade nobody asked for.
 */
export function readResponseHead(bytes: Buffer, end: number): ResponseHead | undefined {
  const text = bytes.toString('latin1', 0, end);
  const status = statusOf(text);
  if (status === undefined) return undefined;
  const head = new ResponseHead();
  head.status = status;
  head.keepAlive = text.charCodeAt(7) === 49;
  let length = -1;
  let chunked = false;
  let headers = 0;
  let options: string | undefined;
  const firstLine = text.indexOf('\r\n') + 2;
  if (text.indexOf('\n') !== firstLine - 1) return undefined;
  let at = firstLine;
  let passFrom = at;
  const last = end - 2;
  while (at < last) {
    const lineEnd = text.indexOf('\r\n', at);
    const colon = text.indexOf(':', at);
    if (colon <= at || colon > lineEnd || !isClean(text, at, colon, lineEnd)) return undefined;
    if (++headers > maxHeaders) return undefined;
    const nameLength = colon - at;
    if (lengthsOfInterest[nameLength] === 1 || isOurs(text, at)) {
      const name = text.slice(at, colon).toLowerCase();
      const value = trimmed(text, colon + 1, lineEnd);
      if (name === 'content-length') {
        const given = lengthOf(value);
        if (length >= 0 || given < 0 || hasTab(text, colon, lineEnd)) return undefined;
        length = given;
      } else if (name === 'transfer-encoding') {
        if (chunked || value.toLowerCase() !== 'chunked' || hasTab(text, colon, lineEnd)) return undefined;
        chunked = true;
      } else if (name === 'connection' || name === 'proxy-connection') {
        options = options === undefined ? value : `${options},${value}`;
      } else if (name === 'keep-alive') {
        head.keepAliveTimeoutMs = keepAliveMs(value);
      } else if (name === 'content-type') {
        head.contentType ??= value;
      } else if (name === 'content-encoding') {
        head.contentEncoding ??= value;
      }
      if (notReturned.has(name) || isOurs(text, at)) {
        if (passFrom < at) head.passed += text.slice(passFrom, at);
        passFrom = lineEnd + 2;
      }
    }
    at = lineEnd + 2;
  }
  if (passFrom < last) head.passed += text.slice(passFrom, last);
  // What nearly every server sends that sends any.
  if (options === 'keep-alive') head.keepAlive = true;
  else if (options !== undefined) obeyConnection(options, head);
  if (status === 101 || (chunked && length >= 0)) return undefined;
  // Behind an interim answer comes the answer, so the connection cannot end with it.
  if (status < 200 && !head.keepAlive) return undefined;
  head.framing = framingOf(status, chunked, length);
  head.length = Math.max(0, length);
  if (head.framing === 'close') head.keepAlive = false;
  return head;
}

function framingOf(status: number, chunked: boolean, length: number): Framing {
  if (status < 200 || status === 204 || status === 304) return 'none';
  if (chunked) return 'chunked';
  if (length < 0) return 'close';
  return length === 0 ? 'none' : 'length';
}

const statusLine = /^HTTP\/1\.[01] ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;

function statusOf(text: string): number | undefined {
  const ok = text.startsWith('HTTP/1.1 200 OK\r\n');
  if (ok) return 200;
  const end = text.indexOf('\r\n');
  const match = statusLine.exec(text.slice(0, end));
  return match === null ? undefined : Number(match[1]);
}

/** A token before the colon, and behind it nothing that could end a line. The text is Latin 1: codes are bytes. */
function isClean(text: string, from: number, colon: number, end: number): boolean {
  for (let at = from; at < colon; at++) if (isTokenByte[text.charCodeAt(at)] !== 1) return false;
  for (let at = colon + 1; at < end; at++) if (isValueByte[text.charCodeAt(at)] !== 1) return false;
  return true;
}

/** Without the spaces and tabs around it; `trim` would take more for space than HTTP does, and a length with it. */
function trimmed(text: string, from: number, end: number): string {
  let first = from;
  let last = end;
  while (first < last && isBlank(text.charCodeAt(first))) first++;
  while (first < last && isBlank(text.charCodeAt(last - 1))) last--;
  return text.slice(first, last);
}

/** Behind `chunked` a tab makes it another coding to Node's parser; in lengths parsers differ as well. */
function hasTab(text: string, from: number, end: number): boolean {
  const at = text.indexOf('\t', from);
  return at >= 0 && at < end;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** `x-signalbox-…` says where an answer came from, which no engine gets to say. */
function isOurs(text: string, at: number): boolean {
  return (text.charCodeAt(at) | 32) === 120 && text.slice(at, at + 12).toLowerCase() === 'x-signalbox-';
}

/** `close` is stronger than `keep-alive`, wherever it stands; all else names headers that end here. */
function obeyConnection(value: string, head: ResponseHead): void {
  const options = new Set(value.split(',').map((option) => option.trim().toLowerCase()));
  if (options.delete('keep-alive')) head.keepAlive = true;
  if (options.delete('close')) head.keepAlive = false;
  options.delete('');
  if (options.size > 0) head.passed = without(head.passed, options);
}

function without(lines: string, names: ReadonlySet<string>): string {
  return lines
    .split('\r\n')
    .filter((line) => line !== '' && !names.has(line.slice(0, line.indexOf(':')).toLowerCase()))
    .map((line) => `${line}\r\n`)
    .join('');
}

function lengthOf(value: string): number {
  return /^\d{1,15}$/.test(value) ? Number(value) : -1;
}

function keepAliveMs(value: string): number | undefined {
  const seconds = /(?:^|[,\s])timeout=(\d{1,6})\b/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}
