/** Records on their way to the control plane, each as JSON. Valid until their queue is changed. */
export class Records {
  readonly #bytes: Buffer;
  readonly #ends: readonly number[];
  readonly #from: number;
  readonly #to: number;

  /** Those from number `from` to before number `to` of what a queue holds; see `RecordQueue`. */
  constructor(bytes: Buffer, ends: readonly number[], from: number, to: number) {
    this.#bytes = bytes;
    this.#ends = ends;
    this.#from = from;
    this.#to = to;
  }

  get count(): number {
    return this.#to - this.#from;
  }

  /** All of them with commas between. */
  get bytes(): Buffer {
    return this.#bytes.subarray(startOf(this.#ends, this.#from), this.#ends[this.#to - 1] ?? 0);
  }

  part(from: number, to: number): Records {
    return new Records(this.#bytes, this.#ends, this.#from + from, this.#from + to);
  }

  text(index: number): string {
    const at = this.#from + index;
    return this.#bytes.toString('latin1', startOf(this.#ends, at), this.#ends[at]);
  }

  texts(): string[] {
    return Array.from({ length: this.count }, (_, index) => this.text(index));
  }
}

const comma = 0x2c;

/**
 * Records in order, in one buffer that is used again and again: as strings they cost a sender three times the processor
 * time, and lived long enough for the old generation, whose collections took the core away from callers.
 */
export class RecordQueue {
  #bytes = Buffer.allocUnsafeSlow(256 * 1024);
  /** Where each ends. */
  readonly #ends: number[] = [];

  get count(): number {
    return this.#ends.length;
  }

  add(source: Buffer, from: number, to: number): void {
    const at = this.#room(to - from);
    source.copy(this.#bytes, at, from, to);
    this.#ended(at + to - from);
  }

  /** ASCII, as all JSON of the spool is. */
  addText(text: string): void {
    const at = this.#room(text.length);
    this.#ended(at + this.#bytes.write(text, at, 'latin1'));
  }

  /** From the first on, as many as both bounds allow; one at least, if there is one. */
  first(mostRecords: number, mostBytes: number): Records {
    let count = Math.min(1, this.#ends.length);
    while (count < Math.min(mostRecords, this.#ends.length) && (this.#ends[count] ?? 0) < mostBytes) count += 1;
    return new Records(this.#bytes, this.#ends, 0, count);
  }

  drop(count: number): void {
    const from = startOf(this.#ends, count);
    this.#ends.splice(0, count);
    if (this.#ends.length === 0) return;
    // With the comma behind the last one.
    this.#bytes.copyWithin(0, from, startOf(this.#ends, this.#ends.length));
    for (const [index, end] of this.#ends.entries()) this.#ends[index] = end - from;
  }

  #room(bytes: number): number {
    const at = startOf(this.#ends, this.#ends.length);
    if (at + bytes >= this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (at + bytes));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }

  #ended(end: number): void {
    this.#ends.push(end);
    this.#bytes[end] = comma;
  }
}

/** Behind the comma that follows the one before. */
function startOf(ends: readonly number[], index: number): number {
  return index === 0 ? 0 : (ends[index - 1] ?? 0) + 1;
}
