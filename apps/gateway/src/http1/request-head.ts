import { headerRules, type Rule, ruleFor } from './request-headers.ts';
import { bytesOf, isTokenByte, isValueByte } from './token.ts';

/**
 * The head of one request as the policy sees it, whichever server read it. One object serves a connection for all its
 * requests: whoever needs a value beyond the request copies it.
 */
export class RequestHead {
  method = '';
  /** Without query. */
  path = '';
  /** With its question mark, or empty. */
  query = '';
  keepAlive = true;
  /** -1 where none was given. */
  contentLength = -1;
  authorization: string | undefined;
  apiKey: string | undefined;
  cookie: string | undefined;
  contentType: string | undefined;
  contentEncoding: string | undefined;
  requestId: string | undefined;
  traceparent: string | undefined;
  origin: string | undefined;
  idempotencyKey: string | undefined;
  requestTimeout: string | undefined;
  stainlessTimeout: string | undefined;
  retryCount: string | undefined;
  forwardedFor: string | undefined;
  headers = 0;
  /** The lines that go on to the engine as they came: `name: value\r\n` each. */
  forwarded = '';
  /** All header lines, for the few routes that ask for one by name. */
  lines = '';

  clear(): void {
    this.method = '';
    this.path = '';
    this.query = '';
    this.keepAlive = true;
    this.contentLength = -1;
    this.authorization = undefined;
    this.apiKey = undefined;
    this.cookie = undefined;
    this.contentType = undefined;
    this.contentEncoding = undefined;
    this.requestId = undefined;
    this.traceparent = undefined;
    this.origin = undefined;
    this.idempotencyKey = undefined;
    this.requestTimeout = undefined;
    this.stainlessTimeout = undefined;
    this.retryCount = undefined;
    this.forwardedFor = undefined;
    this.headers = 0;
    this.forwarded = '';
    this.lines = '';
  }
}

/** A path and query of unreserved, reserved and escaped bytes; anything else is not ordinary. */
const isTargetByte = bytesOf("-._~!$&'()*+,;=:@/%?0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
const version = Buffer.from(' HTTP/1.1\r\n');
const maxContentLengthDigits = 15;

/**
 * Reads an ordinary head, from its first byte to just behind the CRLF of its last header line. It refuses nothing:
 * whatever is not plainly ordinary (another version, a transfer coding, an odd byte, a header that occurs twice) is
 * answered with false, and Node's own parser gets the connection. So the hand-written framer cannot accept what
 * another parser frames differently: it knows a subset of the grammar and no body but one of a declared length.
 */
export function readRequestHead(bytes: Buffer, start: number, end: number, head: RequestHead): boolean {
  head.clear();
  const text = bytes.toString('latin1', start, end);
  let at = methodEnd(bytes, start, head);
  if (at < 0) return false;
  at = readTarget(bytes, at + 1, start, text, head);
  if (at < 0) return false;
  const linesFrom = at - start;
  let hosts = 0;
  let passFrom = at;
  while (at < end) {
    const nameFrom = at;
    while (isTokenByte[bytes[at] as number] === 1) at++;
    const nameEnd = at;
    if (nameEnd === nameFrom || bytes[at] !== 58) return false;
    at++;
    while (bytes[at] === 32 || bytes[at] === 9) at++;
    const valueFrom = at;
    while (isValueByte[bytes[at] as number] === 1) at++;
    // What stopped the walk is a CR or no good; a CR alone is no good either.
    if (bytes[at] !== 13 || bytes[at + 1] !== 10) return false;
    head.headers++;
    const rule = ruleFor(bytes, nameFrom, nameEnd);
    if (rule !== undefined) {
      let valueEnd = at;
      while (valueEnd > valueFrom && (bytes[valueEnd - 1] === 32 || bytes[valueEnd - 1] === 9)) valueEnd--;
      const value = text.slice(valueFrom - start, valueEnd - start);
      if (rule === headerRules.host) hosts++;
      else if (!apply(rule, value, head)) return false;
      if (!rule.forwarded) {
        if (passFrom < nameFrom) head.forwarded += text.slice(passFrom - start, nameFrom - start);
        passFrom = at + 2;
      }
    }
    at += 2;
  }
  if (hosts !== 1 || at !== end) return false;
  if (passFrom < end) head.forwarded += text.slice(passFrom - start);
  head.lines = text.slice(linesFrom);
  return true;
}

function methodEnd(bytes: Buffer, start: number, head: RequestHead): number {
  if (bytes[start] === 80 && bytes[start + 1] === 79 && bytes[start + 2] === 83 && bytes[start + 3] === 84) {
    head.method = 'POST';
    return bytes[start + 4] === 32 ? start + 4 : -1;
  }
  if (bytes[start] === 71 && bytes[start + 1] === 69 && bytes[start + 2] === 84) {
    head.method = 'GET';
    return bytes[start + 3] === 32 ? start + 3 : -1;
  }
  return -1;
}

/** Returns where the first header line begins, or -1. */
function readTarget(bytes: Buffer, from: number, start: number, text: string, head: RequestHead): number {
  if (bytes[from] !== 47) return -1;
  let at = from;
  let queryAt = -1;
  while (isTargetByte[bytes[at] as number] === 1) {
    if (bytes[at] === 63 && queryAt < 0) queryAt = at;
    at++;
  }
  for (let index = 0; index < version.length; index++) if (bytes[at + index] !== version[index]) return -1;
  head.path = text.slice(from - start, (queryAt < 0 ? at : queryAt) - start);
  head.query = queryAt < 0 ? '' : text.slice(queryAt - start, at - start);
  return at + version.length;
}

/** False where the header makes the request one for Node's parser. */
function apply(rule: Rule, value: string, head: RequestHead): boolean {
  if (rule === headerRules.contentLength) return readLength(value, head);
  if (rule === headerRules.connection) {
    if (value === 'keep-alive' || value === 'Keep-Alive') return true;
    if (value !== 'close') return false;
    head.keepAlive = false;
    return true;
  }
  if (rule.unusual) return false;
  if (rule.keep === undefined) return true;
  if (head[rule.keep] !== undefined) return false;
  head[rule.keep] = value;
  return rule !== headerRules.contentType || !isMultipart(value);
}

function readLength(value: string, head: RequestHead): boolean {
  if (head.contentLength >= 0 || value.length === 0 || value.length > maxContentLengthDigits) return false;
  let length = 0;
  for (let index = 0; index < value.length; index++) {
    const digit = value.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return false;
    length = length * 10 + digit;
  }
  head.contentLength = length;
  return true;
}

/** A form is read by the path that has the time for it. */
function isMultipart(contentType: string): boolean {
  const first = contentType.charCodeAt(0) | 32;
  return first === 109 && contentType.toLowerCase().startsWith('multipart/');
}
