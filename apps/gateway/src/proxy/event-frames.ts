import type { StreamEnd } from './endpoints.ts';

const twoNewlines = Buffer.from('\n\n');
const twoReturns = Buffer.from('\r\n\r\n');
const maxHeldBytes = 1024 * 1024;

/**
 * Lets whole frames of an event stream through, as the very buffers they came in, and holds back a frame that was
 * cut by a read. A client can do nothing with half a frame, and a stream that breaks in the middle of one could not
 * be ended in a well-formed way.
 */
export class EventFrames {
  #held: Buffer[] = [];
  #heldBytes = 0;
  frames = 0;

  /** What may be sent on now; undefined when that is nothing. */
  push(chunk: Buffer): Buffer | undefined {
    // Nearly every read ends with a frame.
    if (this.#heldBytes === 0 && endsFrame(chunk)) {
      this.#count(chunk);
      return chunk;
    }
    const all = this.#heldBytes === 0 ? chunk : Buffer.concat([...this.#held, chunk]);
    let end = lastFrameEnd(all);
    // Not an event stream of this world: no longer worth holding.
    if (all.length - end > maxHeldBytes) end = all.length;
    this.#held = end === all.length ? [] : [all.subarray(end)];
    this.#heldBytes = all.length - end;
    if (end === 0) return undefined;
    const whole = all.subarray(0, end);
    this.#count(whole);
    return whole;
  }

  /** What the engine left without the empty line that ends a frame. */
  rest(): Buffer | undefined {
    return this.#heldBytes === 0 ? undefined : Buffer.concat(this.#held);
  }

  #count(whole: Buffer): void {
    const mark = whole.includes(twoNewlines) ? twoNewlines : twoReturns;
    for (let at = whole.indexOf(mark); at >= 0; at = whole.indexOf(mark, at + mark.length)) this.frames++;
  }
}

function endsFrame(chunk: Buffer): boolean {
  const { length } = chunk;
  if (length < 2 || chunk[length - 1] !== 10) return false;
  return (
    chunk[length - 2] === 10 ||
    (length > 3 && chunk[length - 2] === 13 && chunk[length - 3] === 10 && chunk[length - 4] === 13)
  );
}

function lastFrameEnd(bytes: Buffer): number {
  const newlines = bytes.lastIndexOf(twoNewlines);
  const returns = bytes.lastIndexOf(twoReturns);
  return Math.max(newlines < 0 ? 0 : newlines + twoNewlines.length, returns < 0 ? 0 : returns + twoReturns.length);
}

const endMarks: Readonly<Record<Exclude<StreamEnd, null>, readonly string[]>> = {
  done: ['data: [DONE]', 'data:[DONE]'],
  responseEvent: ['response.completed', 'response.incomplete', 'response.failed'],
  messageStop: ['message_stop'],
};

/** Whether the stream ended as its API says; an error that the engine told itself is an end as well. */
export function isWholeStream(tail: Buffer, end: StreamEnd): boolean {
  if (end === null) return true;
  return [...endMarks[end], 'data: {"error"', 'event: error'].some((mark) => tail.includes(mark));
}
