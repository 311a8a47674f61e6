/** What an engine may say about its refusal; more is not read. */
const mostBytes = 65_536;

/** The body of an engine's 4xx, as far as anyone will read it. */
export class RefusalText {
  readonly #pieces: Buffer[] = [];
  #bytes = 0;

  /** The bytes may change after the call. */
  add(bytes: Buffer): void {
    if (this.#bytes < mostBytes) this.#pieces.push(Buffer.from(bytes));
    this.#bytes += bytes.length;
  }

  /** What comes now is read by nobody. */
  get isFull(): boolean {
    return this.#bytes >= mostBytes;
  }

  whole(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}
