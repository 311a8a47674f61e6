import { mostEntryBytes } from './entries.ts';
import { fragment } from './json-bytes.ts';
import { lineFeed, lineStartBytes, sealLine, tab } from './line.ts';

/** Long enough that the checksum's call does not matter, short enough that damage costs few entries. */
const lineBytes = 16 * 1024;
const bufferBytes = 128 * 1024;

/** Writes some of these bytes and returns how many, or throws. */
export type Append = (from: Buffer, at: number, length: number) => number;

/** Entries that wait to be written, as lines. An entry is put straight into `bytes`, between `begin` and `end`. */
export class EntryBuffer {
  readonly bytes = Buffer.allocUnsafeSlow(bufferBytes);
  #at = 0;
  #lineStart = 0;
  /** Earlier lines, where more came together than the buffer holds. */
  #full: Buffer[] = [];
  #fullBytes = 0;

  get isEmpty(): boolean {
    return this.#at === 0 && this.#full.length === 0;
  }

  get waitingBytes(): number {
    return this.#fullBytes + this.#at;
  }

  /** Where the next entry goes. There is room for `mostEntryBytes`. */
  begin(): number {
    if (this.#at === this.#lineStart) return this.#at + lineStartBytes;
    this.bytes[this.#at] = tab;
    return this.#at + 1;
  }

  end(at: number): void {
    this.#at = at;
    if (at - this.#lineStart > lineBytes) this.#seal();
    if (at > bufferBytes - mostEntryBytes - 2 * lineStartBytes) this.#setAside();
  }

  add(entry: string): void {
    const at = this.begin();
    this.bytes.set(fragment(entry), at);
    this.end(at + entry.length);
  }

  /** All of it, or it throws and keeps what did not get there. A line that got there whole is never written again. */
  writeWith(append: Append): void {
    if (this.#full.length > 0) this.#setAside();
    while (this.#full[0] !== undefined) {
      const lines = this.#full[0];
      appendAll(lines, lines.length, append, (done) => {
        this.#full[0] = lines.subarray(done);
        this.#fullBytes -= done;
      });
      this.#fullBytes -= lines.length;
      this.#full.shift();
    }
    this.#seal();
    appendAll(this.bytes, this.#at, append, (done) => {
      this.bytes.copyWithin(0, done, this.#at);
      this.#at -= done;
      this.#lineStart = this.#at;
    });
    this.#at = 0;
    this.#lineStart = 0;
  }

  #seal(): void {
    if (this.#at === this.#lineStart) return;
    this.#at = sealLine(this.bytes, this.#lineStart, this.#at);
    this.#lineStart = this.#at;
  }

  #setAside(): void {
    this.#seal();
    if (this.#at === 0) return;
    this.#full.push(Buffer.from(this.bytes.subarray(0, this.#at)));
    this.#fullBytes += this.#at;
    this.#at = 0;
    this.#lineStart = 0;
  }
}

function appendAll(lines: Buffer, length: number, append: Append, keepFrom: (done: number) => void): void {
  let at = 0;
  try {
    while (at < length) at += append(lines, at, length - at);
  } catch (error) {
    // A line of which only the line feed is missing is read as a whole one.
    keepFrom(lines.lastIndexOf(lineFeed, at) + 1);
    throw error;
  }
}
