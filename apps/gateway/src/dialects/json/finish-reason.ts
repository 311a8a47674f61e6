import { memberOf, skipSpace } from './walk-json.ts';

const key = Buffer.from('"finish_reason":');
const quote = 34;
const longestWord = 64;

/** Why it ended, from the JSON text of a value: a word, as all APIs have it. Anything else, `null` too, is none. */
export function reasonOf(bytes: Buffer, start: number, end: number): string | null {
  if (bytes[start] !== quote || bytes[end - 1] !== quote || end - start > longestWord) return null;
  return wordOf(bytes.toString('latin1', start + 1, end - 1));
}

export function wordOf(told: unknown): string | null {
  return typeof told === 'string' && told.length <= longestWord && /^\w+$/.test(told) ? told : null;
}

/**
 * Where the value of the first `finish_reason` stands between two places; -1 when there is none. A search is exact:
 * quotes in generated text are escaped.
 */
export function finishReasonAt(bytes: Buffer, start: number, end: number): number {
  const found = bytes.indexOf(key, start);
  return found < 0 || found >= end ? -1 : skipSpace(bytes, found + key.length, end);
}

/**
 * Whether `null` stands there as the value of `finish_reason`: by four of its bytes, one of which tells it from vLLM's
 * `stop_reason`. Looked at in each frame: all sixteen took 30 ns more.
 */
export function isOpenAt(bytes: Buffer, at: number): boolean {
  return bytes[at] === 110 && bytes[at - 1] === 58 && bytes[at - 3] === 110 && bytes[at - 10] === 104;
}

/** The word that stands there. */
export function reasonAt(bytes: Buffer, start: number, end: number): string | null {
  if (start < 0 || bytes[start] !== quote) return null;
  const close = bytes.indexOf(quote, start + 1);
  return close < 0 || close >= end ? null : reasonOf(bytes, start, close + 1);
}

/** Of an object of the Responses API: what made it incomplete says more than that it is. */
export function responseReason(bytes: Buffer, start: number, end: number): string | null {
  const details = memberOf(bytes, start, end, 'incomplete_details');
  const because = details && memberOf(bytes, details.valueStart, details.valueEnd, 'reason');
  const told = because ?? memberOf(bytes, start, end, 'status');
  return told === undefined ? null : reasonOf(bytes, told.valueStart, told.valueEnd);
}
