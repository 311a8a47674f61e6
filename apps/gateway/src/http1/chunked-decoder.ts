import { isValueByte } from './token.ts';

type State = 'size' | 'sizeLf' | 'extension' | 'data' | 'dataCr' | 'dataLf' | 'trailer' | 'trailerLf' | 'done' | 'bad';

const maxSizeDigits = 8;
const maxExtensionBytes = 256;
const maxTrailerBytes = 8_192;
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const extensions = new RegExp(`^(?:;${token}(?:=(?:${token}|"(?:[^"\\\\]|\\\\.)*"))?)+$`);
const trailer = new RegExp(`^(?!content-length:|transfer-encoding:)${token}:`, 'i');

/**
 * Walks through a chunked body read by read and copies nothing. Strict where proxies have been split apart: digits
 * only in a size, CRLF and nothing else at every line's end. Extensions and trailers are skipped where they are
 * well-formed, within bounds and no framing of their own; Node's parser refuses the others as well.
 */
export class ChunkedDecoder {
  #state: State = 'size';
  #size = 0;
  #digits = 0;
  /** The line that is skipped, to be looked at when it has ended: rare, so it may cost something. */
  #line = '';
  #trailerBytes = 0;
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
        if (byte === 13) return extensions.test(this.#line) ? 'sizeLf' : 'bad';
        return this.#skip(byte) && this.#line.length <= maxExtensionBytes ? 'extension' : 'bad';
      case 'sizeLf':
        return byte === 10 ? this.#sizeRead() : 'bad';
      case 'dataCr':
        return byte === 13 ? 'dataLf' : 'bad';
      case 'dataLf':
        return byte === 10 ? 'size' : 'bad';
      case 'trailer':
        if (byte === 13) return this.#line === '' || trailer.test(this.#line) ? 'trailerLf' : 'bad';
        return this.#skip(byte) && ++this.#trailerBytes <= maxTrailerBytes ? 'trailer' : 'bad';
      case 'trailerLf':
        if (byte !== 10) return 'bad';
        if (this.#line === '') return 'done';
        this.#line = '';
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
    if (byte !== 59) return 'bad';
    this.#line = ';';
    return 'extension';
  }

  /** False for a byte that no line may have. */
  #skip(byte: number): boolean {
    this.#line += String.fromCharCode(byte);
    return isValueByte[byte] === 1;
  }

  #sizeRead(): State {
    this.#digits = 0;
    this.#line = '';
    return this.#size === 0 ? 'trailer' : 'data';
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
