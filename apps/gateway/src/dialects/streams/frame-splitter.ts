/** A `response.completed` repeats the whole prompt and answer. */
const maxHeldBytes = 8 * 1024 * 1024;
const lineFeed = 10;
const carriageReturn = 13;

/**
 * Lets whole frames of an event stream through and holds back a frame that was cut by a read: a client can do nothing
 * with half a frame, and a stream that breaks in the middle of one could not be ended in a well-formed way.
 */
export class FrameSplitter {
  #held: Buffer | undefined;
  #heldBytes = 0;
  #endedInReturn = false;

  /** Whole frames, as the buffer they came in where nothing was held; undefined when no frame is whole. */
  push(chunk: Buffer): Buffer | undefined {
    // Nearly every read ends with a frame, and two bytes tell.
    const { length } = chunk;
    if (this.#heldBytes === 0 && length > 1 && chunk[length - 1] === lineFeed && chunk[length - 2] === lineFeed) {
      this.#endedInReturn = false;
      return chunk;
    }
    return this.#split(chunk);
  }

  #split(chunk: Buffer): Buffer | undefined {
    if (chunk.length === 0) return undefined;
    const searchedBytes = this.#heldBytes;
    const all = searchedBytes === 0 ? chunk : this.#append(chunk);
    // The line feed of a return that ended the last frame opens no empty line.
    const first = this.#endedInReturn && all[0] === lineFeed ? 1 : 0;
    let end = lastFrameEnd(all, first, Math.max(0, searchedBytes - 3));
    // Not an event stream of this world: no longer worth holding.
    if (end === 0 && all.length > maxHeldBytes) end = all.length;
    if (end === 0) {
      if (searchedBytes === 0) this.#append(chunk);
      return undefined;
    }
    this.#endedInReturn = all[end - 1] === carriageReturn;
    this.#held = undefined;
    this.#heldBytes = 0;
    if (end < all.length) this.#append(all.subarray(end));
    return all.subarray(0, end);
  }

  /** Takes bytes back, which come out again before what is pushed next. They must be the last that came out. */
  takeBack(frames: Buffer): void {
    const later = this.take();
    this.#append(frames);
    if (later !== undefined) this.#append(later);
  }

  /** What is held, which is no longer held then. */
  take(): Buffer | undefined {
    if (this.#heldBytes === 0) return undefined;
    const held = this.#held?.subarray(0, this.#heldBytes);
    this.#held = undefined;
    this.#heldBytes = 0;
    return held;
  }

  /** Grows by doubling, so that an engine that sends byte by byte does not make us copy everything each time. */
  #append(chunk: Buffer): Buffer {
    const needed = this.#heldBytes + chunk.length;
    if (this.#held === undefined || this.#held.length < needed) {
      const larger = Buffer.allocUnsafeSlow(Math.max(512, needed + (this.#held === undefined ? 0 : needed)));
      if (this.#held !== undefined) larger.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = larger;
    }
    this.#held.set(chunk, this.#heldBytes);
    this.#heldBytes = needed;
    return this.#held.subarray(0, needed);
  }
}

/**
 * Just behind the last empty line, whatever its line ends. `first` is where a frame begins, and the answer when there
 * is none; none ends before `from`.
 */
export function lastFrameEnd(bytes: Buffer, first: number, from: number): number {
  // Only what is new: a frame of megabytes would else be searched through again with every read.
  const fresh = from > 0 ? bytes.subarray(from) : bytes;
  for (let at = bytes.length; at > from; ) {
    const before = at - from - 1;
    at = from + Math.max(fresh.lastIndexOf(lineFeed, before), fresh.lastIndexOf(carriageReturn, before));
    if (at < first || at < from) return first;
    const lineEnd = bytes[at] === lineFeed && at > first && bytes[at - 1] === carriageReturn ? at - 1 : at;
    if (lineEnd === first || isLineEnd(bytes[lineEnd - 1])) return at + 1;
    at = lineEnd;
  }
  return first;
}

/** Just behind the next empty line from the start of a frame on; -1 when there is none. */
export function nextFrameEnd(bytes: Buffer, start: number, hasReturns: boolean): number {
  for (let at = start; at < bytes.length; ) {
    const lineEnd = nextLineEnd(bytes, at, hasReturns);
    if (lineEnd < 0) return -1;
    const next = bytes[lineEnd] === carriageReturn && bytes[lineEnd + 1] === lineFeed ? lineEnd + 2 : lineEnd + 1;
    if (lineEnd === at) return next;
    at = next;
  }
  return -1;
}

export function nextLineEnd(bytes: Buffer, from: number, hasReturns: boolean): number {
  const feed = bytes.indexOf(lineFeed, from);
  if (!hasReturns) return feed;
  for (let at = from; at < bytes.length; at++) if (isLineEnd(bytes[at])) return at;
  return -1;
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === lineFeed || byte === carriageReturn;
}
