const quote = 34;
const backslash = 92;
const maxDepth = 128;
const maxNumberBytes = 400;
/** The brackets that are open; one for all bodies, since a body is read in one go. */
const closers = new Uint8Array(maxDepth);

/** The body is not what it must be: caught where the scan began. */
export class Refused extends Error {
  readonly param: string | null;
  constructor(because: string, param: string | null = null) {
    super(because);
    this.param = param;
  }
}

export function malformed(at: number): Refused {
  return new Refused(`The body is not valid JSON: see byte ${at}.`);
}

/** The decoded string whose quotes stand at `start` and before `end`. */
export function textAt(body: Buffer, start: number, end: number): string {
  if (isVerbatim(body, start, end)) return body.toString('utf8', start + 1, end - 1);
  try {
    return JSON.parse(body.toString('utf8', start, end)) as string;
  } catch {
    throw malformed(start);
  }
}

/** Neither escapes, nor control characters, which JSON does not allow in a string. */
function isVerbatim(body: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((body[at] as number) < 32 || body[at] === backslash) return false;
  return true;
}

export function skipSpace(body: Buffer, from: number): number {
  let at = from;
  // One comparison where there is no space, which is nearly everywhere.
  while (at < body.length && (body[at] as number) <= 32) {
    const byte = body[at];
    if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) break;
    at++;
  }
  return at;
}

export function endOfValue(body: Buffer, start: number): number {
  const first = body[start];
  if (first === quote) return endOfString(body, start);
  if (first === 123 || first === 91) return endOfNested(body, start);
  if (first === 116) return endOfWord(body, start, 'true');
  if (first === 102) return endOfWord(body, start, 'false');
  if (first === 110) return endOfWord(body, start, 'null');
  return endOfNumber(body, start);
}

/** So many bytes are looked at by hand before `indexOf` is asked. */
const nearBytes = 64;
/** From here on, a view for looking at four bytes in one step costs less than it saves. */
const longBytes = 2_048;

/**
 * Just behind the closing quote: the next quote with an even number of backslashes before it. `indexOf` costs 17 ns and
 * more whatever it skips, a step by hand 0.6 ns: quotes that are near, as in code and in short strings, are found by
 * hand; with a view of the body by four bytes in one step.
 */
export function endOfString(body: Buffer, start: number, view?: DataView): number {
  if (body[start] !== quote) throw malformed(start);
  let end = start + 1;
  for (;;) {
    if (view !== undefined) end = nearQuote(view, end, body.length);
    for (const near = end + nearBytes; end < near && body[end] !== quote; ) end++;
    if (body[end] !== quote) end = body.indexOf(quote, end);
    if (end < 0) throw malformed(body.length);
    if (body[end - 1] !== backslash) return end + 1;
    let escapes = 1;
    while (body[end - 1 - escapes] === backslash) escapes++;
    if (escapes % 2 === 0) return end + 1;
    end++;
  }
}

/** The word with a quote in it among the next ones, or the first that was not looked at. */
function nearQuote(view: DataView, from: number, length: number): number {
  const last = Math.min(from + nearBytes, length - 4);
  let at = from;
  for (; at <= last; at += 4) {
    // A byte that is a quote becomes zero, and of a word with a zero byte this is not zero (Mycroft's test).
    const word = view.getInt32(at, true) ^ 0x2222_2222;
    if (((word - 0x0101_0101) & ~word & 0x8080_8080) !== 0) break;
  }
  return at;
}

function endOfNested(body: Buffer, start: number): number {
  const view = body.length - start < longBytes ? undefined : viewOf(body);
  let depth = 0;
  let at = start;
  while (at < body.length) {
    const byte = body[at] as number;
    if (byte === quote) {
      at = endOfString(body, at, view);
      continue;
    }
    if (byte === 123 || byte === 91) {
      if (depth === maxDepth) throw new Refused(`The body is nested deeper than ${maxDepth} levels.`);
      // In ASCII the closing brace and bracket stand two places behind the opening ones.
      closers[depth++] = byte + 2;
    } else if (byte === 125 || byte === 93) {
      if (closers[--depth] !== byte) throw malformed(at);
      if (depth === 0) return at + 1;
    }
    at = endOfPlain(body, at + 1);
  }
  throw malformed(body.length);
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** The next byte that may be a quote or a bracket. A loop of its own: token ids then cost 0.7 ns a byte, not 2. */
function endOfPlain(body: Buffer, start: number): number {
  const { length } = body;
  let at = start;
  for (; at < length; at++) {
    const byte = body[at] as number;
    if (byte > 90 || byte === quote) break;
  }
  return at;
}

function endOfWord(body: Buffer, start: number, word: string): number {
  for (let at = 0; at < word.length; at++) if (body[start + at] !== word.charCodeAt(at)) throw malformed(start);
  return start + word.length;
}

/** What follows a number is the caller's to check: behind `01` or `1.` stands no comma. */
function endOfNumber(body: Buffer, start: number): number {
  let at = body[start] === 45 ? start + 1 : start;
  at = body[at] === 48 ? at + 1 : endOfDigits(body, at);
  if (body[at] === 46) at = endOfDigits(body, at + 1);
  if (body[at] === 101 || body[at] === 69) {
    const sign = body[at + 1];
    at = endOfDigits(body, sign === 43 || sign === 45 ? at + 2 : at + 1);
  }
  if (at - start > maxNumberBytes) throw malformed(start);
  return at;
}

/** One digit at least. */
function endOfDigits(body: Buffer, start: number): number {
  let at = start;
  for (let byte = body[at]; byte !== undefined && byte >= 48 && byte <= 57; byte = body[++at]);
  if (at === start) throw malformed(start);
  return at;
}
