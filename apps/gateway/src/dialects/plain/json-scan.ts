const quote = 34;
const backslash = 92;
const shortString = 24;
const longestValue = 16 * 1024;

export interface FoundValue {
  text: string;
  /** Where it stands in the whole. */
  start: number;
  end: number;
}

/**
 * Follows the top of a JSON object through the reads it comes in, and keeps the values of some of its keys. Strings
 * are hopped over by `indexOf`, so generated text costs next to nothing and is never taken for a key; nothing is held
 * but what was asked for.
 */
export class JsonScan {
  readonly found = new Map<string, FoundValue>();
  readonly #wanted: readonly string[];
  #depth = 0;
  #isObject = false;
  #inString = false;
  /** Backslashes right before the end of the read before, odd or even. */
  #escapes = 0;
  #expectsKey = false;
  #key = '';
  /** A key or a wanted value is being kept, from this place of the read on. */
  #keeps: 'key' | 'value' | undefined;
  #from = 0;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #valueStart = 0;
  /** Bytes of the reads before this one. */
  #base = 0;

  constructor(wanted: readonly string[]) {
    this.#wanted = wanted;
  }

  /** Whether nothing of what came is still open. */
  get isClosed(): boolean {
    return this.#depth === 0 && !this.#inString;
  }

  push(chunk: Buffer): void {
    this.#from = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#inString) at = this.#endOfString(chunk, at);
      else if (this.#depth > 1) at = this.#hop(chunk, at);
      else {
        this.#top(chunk, at);
        at++;
      }
    }
    if (this.#keeps !== undefined) this.#keep(chunk, chunk.length);
    this.#base += chunk.length;
  }

  #top(chunk: Buffer, at: number): void {
    const byte = chunk[at] as number;
    if (byte === quote) {
      this.#inString = true;
      this.#escapes = 0;
      if (this.#expectsKey) this.#keepFrom('key', at + 1);
      else this.#valueBegins(at);
    } else if (byte === 123 || byte === 91) {
      this.#valueBegins(at);
      this.#depth++;
      if (this.#depth === 1) this.#isObject = this.#expectsKey = byte === 123;
    } else if (byte === 125 || byte === 93) {
      this.#valueEnds(chunk, at);
      this.#depth--;
    } else if (byte === 44) {
      this.#valueEnds(chunk, at);
      this.#expectsKey = this.#isObject;
    } else if (byte !== 58 && byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) this.#valueBegins(at);
  }

  /** Inside a value: only quotes and brackets matter. */
  #hop(chunk: Buffer, from: number): number {
    // A read may begin in the middle of a long list.
    const begin = from === 0 ? endOfNumbers(chunk, -1) + 1 : from;
    for (let at = begin; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === quote) {
        this.#inString = true;
        this.#escapes = 0;
        return at + 1;
      }
      if (byte === 91) {
        this.#depth++;
        at = endOfNumbers(chunk, at);
      } else if (byte === 123) this.#depth++;
      else if ((byte === 125 || byte === 93) && --this.#depth === 1) return at + 1;
    }
    return chunk.length;
  }

  #endOfString(chunk: Buffer, from: number): number {
    // Keys and short values: a loop beats a call into the runtime (30 ns).
    let near = from;
    for (const stop = Math.min(chunk.length, from + shortString); near < stop; near++) {
      const byte = chunk[near];
      if (byte === quote || byte === backslash) break;
    }
    const end = chunk[near] === quote ? near : chunk.indexOf(quote, near);
    const last = end < 0 ? chunk.length : end;
    let escapes = 0;
    while (last - escapes > from && chunk[last - 1 - escapes] === backslash) escapes++;
    if (last - escapes === from) escapes += this.#escapes;
    this.#escapes = end < 0 ? escapes % 2 : 0;
    if (end < 0) return chunk.length;
    if (escapes % 2 === 1) return end + 1;
    this.#inString = false;
    if (this.#keeps === 'key') {
      this.#key = this.#taken(chunk, end);
      this.#expectsKey = false;
    }
    return end + 1;
  }

  #valueBegins(at: number): void {
    if (this.#depth !== 1 || this.#keeps !== undefined || this.#key === '') return;
    if (this.#wanted.includes(this.#key) && !this.found.has(this.#key)) {
      this.#valueStart = this.#base + at;
      this.#keepFrom('value', at);
    } else this.#key = '';
  }

  #valueEnds(chunk: Buffer, at: number): void {
    if (this.#depth !== 1 || this.#keeps !== 'value') return;
    const start = this.#valueStart;
    const text = this.#taken(chunk, at).trimEnd();
    if (text !== '') this.found.set(this.#key, { text, start, end: start + Buffer.byteLength(text) });
    this.#key = '';
  }

  #keepFrom(what: 'key' | 'value', at: number): void {
    this.#keeps = what;
    this.#from = at;
  }

  #keep(chunk: Buffer, to: number): void {
    this.#keptBytes += to - this.#from;
    if (this.#keptBytes <= longestValue) this.#kept.push(Buffer.from(chunk.subarray(this.#from, to)));
  }

  /** What was kept; nothing when it is longer than anything that would be wanted. */
  #taken(chunk: Buffer, to: number): string {
    const isWhole = this.#kept.length === 0 && to - this.#from <= longestValue;
    if (!isWhole) this.#keep(chunk, to);
    const text = isWhole ? chunk.toString('utf8', this.#from, to) : Buffer.concat(this.#kept).toString('utf8');
    const isTooLong = this.#keptBytes > longestValue;
    this.#kept = [];
    this.#keptBytes = 0;
    this.#keeps = undefined;
    return isTooLong ? '' : text;
  }
}

const shortestList = 64;

/**
 * From right before numbers to right before the bracket that closes their list, as embeddings are: megabytes that need
 * not be looked at one by one. The same place when anything else is inside.
 */
function endOfNumbers(chunk: Buffer, at: number): number {
  // `+`, `,`, `-`, `.` and the digits.
  const next = chunk[at + 1];
  if (next === undefined || next < 43 || next > 57) return at;
  const close = chunk.indexOf(93, at + 1);
  const end = close < 0 ? chunk.length : close;
  if (end - at < shortestList) return at;
  const list = chunk.subarray(at + 1, end);
  return list.includes(quote) || list.includes(91) || list.includes(123) || list.includes(125) ? at : end - 1;
}
