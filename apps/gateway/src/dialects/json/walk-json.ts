/** Where a value stands in JSON text, and the key before it, quotes included. */
export interface JsonMember {
  keyStart: number;
  valueStart: number;
  valueEnd: number;
}

const quote = 34;
const backslash = 92;

/**
 * Finds a key of the object that starts at `start` (white space may come first), never one of an object inside it and
 * never text that only looks like one. Undefined when it is not there or the bytes are no JSON.
 */
export function memberOf(bytes: Buffer, start: number, end: number, key: string): JsonMember | undefined {
  let at = skipSpace(bytes, start, end);
  if (bytes[at] !== 123) return undefined;
  at = skipSpace(bytes, at + 1, end);
  while (at < end && bytes[at] === quote) {
    const keyStart = at;
    const keyEnd = endOfString(bytes, at, end);
    const colon = keyEnd < 0 ? end : skipSpace(bytes, keyEnd, end);
    if (bytes[colon] !== 58 || colon >= end) return undefined;
    const valueStart = skipSpace(bytes, colon + 1, end);
    const valueEnd = endOfValue(bytes, valueStart, end);
    if (valueEnd < 0) return undefined;
    if (keyEnd - keyStart === key.length + 2 && bytes.toString('latin1', keyStart + 1, keyEnd - 1) === key)
      return { keyStart, valueStart, valueEnd };
    at = skipSpace(bytes, valueEnd, end);
    if (bytes[at] !== 44) return undefined;
    at = skipSpace(bytes, at + 1, end);
  }
  return undefined;
}

/** Just behind the value that starts here; -1 when it does not end before `end`. */
function endOfValue(bytes: Buffer, start: number, end: number): number {
  const first = bytes[start];
  if (first === quote) return endOfString(bytes, start, end);
  if (first === 123 || first === 91) return endOfNested(bytes, start, end);
  let at = start;
  while (at < end && !isDelimiter(bytes[at] as number)) at++;
  return at === start || at === end ? -1 : at;
}

const shortString = 24;

/** Just behind the closing quote: the next quote with an even number of backslashes before it. */
function endOfString(bytes: Buffer, start: number, end: number): number {
  let at = start;
  // Keys and short values: a loop beats a call into the runtime (30 ns).
  for (const stop = Math.min(end, start + shortString); ++at < stop; ) {
    if (bytes[at] === quote) return at + 1;
    if (bytes[at] === backslash) break;
  }
  at--;
  for (;;) {
    at = bytes.indexOf(quote, at + 1);
    if (at < 0 || at >= end) return -1;
    let escapes = 0;
    while (bytes[at - 1 - escapes] === backslash) escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
}

function endOfNested(bytes: Buffer, start: number, end: number): number {
  let depth = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      at = endOfString(bytes, at, end) - 1;
      if (at < 0) return -1;
    } else if (byte === 123 || byte === 91) depth++;
    else if ((byte === 125 || byte === 93) && --depth === 0) return at + 1;
  }
  return -1;
}

export function skipSpace(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && isSpace(bytes[at] as number)) at++;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}

function isDelimiter(byte: number): boolean {
  return byte === 44 || byte === 125 || byte === 93 || isSpace(byte);
}
