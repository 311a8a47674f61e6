type State = 'size' | 'sizeLf' | 'extension' | 'data' | 'dataCr' | 'dataLf' | 'trailer' | 'trailerLf' | 'done' | 'bad';

const maxSizeDigits = 8;
const maxExtensionBytes = 256;
const maxTrailerBytes = 8_192;

/**
 * Walks through a chunked body read by read and copies nothing. Extensions and trailers are skipped, within bounds.
 * Strict where proxies have been split apart: digits only in a size, CRLF and nothing else at every line's end.
 */
export class ChunkedDecoder {
  #state: State = 'size';
  #size = 0;
  #digits = 0;
  #skipped = 0;
  #lineBytes = 0;
  /** Of the data that the last step found; empty when it found none. */
  dataFrom = 0;
  dataTo = 0;

  get isDone(): boolean {
    return this.#state === 'done';
  }

  get isBad(): boolean {
    return this.#state === 'bad';
  }

  /** Moves on until some data is found or the bytes are used up; returns where to go on. */
  step(bytes: Buffer, from: number, end: number): number {
    this.dataFrom = 0;
    this.dataTo = 0;
    let at = from;
    while (at < end) {
      if (this.#state === 'data') {
        const to = Math.min(end, at + this.#size);
        this.dataFrom = at;
        this.dataTo = to;
        this.#size -= to - at;
        if (this.#size === 0) this.#state = 'dataCr';
        return to;
      }
      if (this.#state === 'done' || this.#state === 'bad') return at;
      this.#state = this.#after(bytes[at] as number);
      at++;
    }
    return at;
  }

  #after(byte: number): State {
    switch (this.#state) {
      case 'size':
        return this.#inSize(byte);
      case 'extension':
        if (byte === 13) return 'sizeLf';
        return (byte < 32 && byte !== 9) || byte === 127 || ++this.#skipped > maxExtensionBytes ? 'bad' : 'extension';
      case 'sizeLf':
        return byte === 10 ? this.#sizeRead() : 'bad';
      case 'dataCr':
        return byte === 13 ? 'dataLf' : 'bad';
      case 'dataLf':
        return byte === 10 ? 'size' : 'bad';
      case 'trailer':
        if (byte === 13) return 'trailerLf';
        this.#lineBytes++;
        return (byte < 32 && byte !== 9) || byte === 127 || ++this.#skipped > maxTrailerBytes ? 'bad' : 'trailer';
      case 'trailerLf':
        if (byte !== 10) return 'bad';
        if (this.#lineBytes === 0) return 'done';
        this.#lineBytes = 0;
        return 'trailer';
      default:
        return 'bad';
    }
  }

  #inSize(byte: number): State {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (++this.#digits > maxSizeDigits) return 'bad';
      this.#size = this.#size * 16 + digit;
      return 'size';
    }
    if (this.#digits === 0) return 'bad';
    if (byte === 13) return 'sizeLf';
    return byte === 59 ? 'extension' : 'bad';
  }

  #sizeRead(): State {
    this.#digits = 0;
    this.#skipped = 0;
    return this.#size === 0 ? 'trailer' : 'data';
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
