import { ChunkedDecoder } from './chunked-decoder.ts';
import { headEnd, type ResponseHead, readResponseHead } from './response-head.ts';

/** Engines send one or two (100, 103); more only keep us busy. */
const maxInterims = 16;

/** Hears an answer as it comes in. */
export interface AnswerListener {
  head(head: ResponseHead): void;
  /** A piece of the body. The bytes belong to the connection and change after the call. */
  data(bytes: Buffer): void;
  /** All pieces of one read have been told: the time to write them on, in one go. */
  flush(): void;
}

/** `more`: the answer goes on. `malformed`: nothing that follows can be trusted. */
type ReadOutcome = 'more' | 'whole' | 'malformed';

/** Frames the answers of one connection, one after the other, from reads that end anywhere. */
export class AnswerReader<Listener extends AnswerListener> {
  /** Undefined while no answer is awaited; whoever gives up in the middle of a read hears nothing more of it. */
  listener: Listener | undefined;
  /** Of the answer that is being read, once it is whole. */
  head: ResponseHead | undefined;
  #partialHead: Buffer | undefined;
  #interims = 0;
  #left = 0;
  #chunked: ChunkedDecoder | undefined;

  /** Makes ready for the next answer. */
  clear(): void {
    this.listener = undefined;
    this.head = undefined;
    this.#interims = 0;
    this.#chunked = undefined;
  }

  read(bytes: Buffer, size: number): ReadOutcome {
    let at = 0;
    while (this.head === undefined) {
      const next = this.#readHead(bytes, at, size);
      if (next < 0) return 'malformed';
      if (next === 0) return 'more';
      at = next;
    }
    return this.#readBody(this.head, bytes, at, size);
  }

  /** Returns where the body begins, 0 while the head is not whole, -1 when it is malformed. */
  #readHead(bytes: Buffer, from: number, size: number): number {
    const held = this.#partialHead;
    const fresh = bytes.subarray(from, size);
    const all = held === undefined ? fresh : Buffer.concat([held, fresh]);
    const end = headEnd(all, held === undefined ? 0 : Math.max(0, held.length - 3));
    if (end < 0) return -1;
    if (end === 0) {
      this.#partialHead = held === undefined ? Buffer.from(all) : all;
      return 0;
    }
    this.#partialHead = undefined;
    const head = readResponseHead(all, end);
    if (head === undefined) return -1;
    const next = from + end - (held?.length ?? 0);
    if (head.status < 200) {
      if (++this.#interims > maxInterims) return -1;
      return next >= size ? 0 : next;
    }
    this.head = head;
    this.#left = head.length;
    this.#chunked = head.framing === 'chunked' ? new ChunkedDecoder() : undefined;
    this.listener?.head(head);
    return next;
  }

  #readBody({ framing }: ResponseHead, bytes: Buffer, from: number, size: number): ReadOutcome {
    if (framing === 'none') return from === size ? 'whole' : 'malformed';
    if (framing === 'chunked') return this.#readChunks(bytes, from, size);
    const available = size - from;
    if (framing === 'length') {
      if (available > this.#left) return 'malformed';
      this.#left -= available;
    }
    if (available > 0) this.listener?.data(bytes.subarray(from, size));
    if (framing === 'length' && this.#left === 0) return 'whole';
    this.listener?.flush();
    return 'more';
  }

  #readChunks(bytes: Buffer, from: number, size: number): ReadOutcome {
    const decoder = this.#chunked as ChunkedDecoder;
    let at = from;
    while (at < size && !decoder.isDone) {
      at = decoder.step(bytes, at, size);
      if (decoder.isBad) {
        this.listener?.flush();
        return 'malformed';
      }
      if (decoder.dataTo > decoder.dataFrom) this.listener?.data(bytes.subarray(decoder.dataFrom, decoder.dataTo));
    }
    if (decoder.isDone) return at < size ? 'malformed' : 'whole';
    this.listener?.flush();
    return 'more';
  }
}
