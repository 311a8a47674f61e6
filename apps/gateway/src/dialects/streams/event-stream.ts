import type { TokenCounts } from '@signalbox/domain';
import type { AnswerReader } from '../answer-reader.ts';
import { type Edit, editOwned } from '../json/edit-bytes.ts';
import { hasData, locate, locateAlone, newFrame } from './frame.ts';
import type { FrameRule } from './frame-rule.ts';
import { FrameSplitter, lastFrameEnd, nextFrameEnd } from './frame-splitter.ts';

/** An event stream of any API: frames go on as they came, but for what the rule changes in them. */
export class EventStream implements AnswerReader {
  frames = 0;
  readonly #rule: FrameRule;
  readonly #splitter = new FrameSplitter();
  readonly #frame = newFrame();
  readonly #edits: Edit[] = [];

  constructor(rule: FrameRule) {
    this.#rule = rule;
  }

  get usage(): TokenCounts | undefined {
    return this.#rule.usage;
  }

  get finishReason(): string | null {
    return this.#rule.finishReason;
  }

  push(chunk: Buffer): Buffer | undefined {
    const whole = this.#splitter.push(chunk);
    return whole === undefined ? undefined : this.#read(whole, false);
  }

  finish(): { rest: Buffer | undefined; isWhole: boolean } {
    const left = this.#splitter.take();
    if (left === undefined) return { rest: undefined, isWhole: this.#isWhole() };
    const end = lastFrameEnd(left, 0, 0);
    const half = left.subarray(end);
    // An engine that leaves out the last empty line still said what it said.
    if (this.#saysEnd(half)) return { rest: this.#read(left, true), isWhole: true };
    const isCut = half.length > 0 && half[half.length - 1] !== 10 && half[half.length - 1] !== 13;
    const isWhole = this.#isWhole() && (this.#rule.needsEnd || !isCut);
    // What breaks in the middle of a frame ends with the frame before it: the error event must follow a whole one.
    const rest = isWhole ? left : left.subarray(0, end);
    return { rest: rest.length === 0 ? undefined : this.#read(rest, true), isWhole };
  }

  #isWhole(): boolean {
    return this.#rule.hasEnded || !this.#rule.needsEnd;
  }

  #read(bytes: Buffer, isFinal: boolean): Buffer | undefined {
    const { length } = bytes;
    const edits = this.#edits;
    edits.length = 0;
    const frame = this.#frame;
    frame.beforeEnd = frame.beforeStart = 0;
    const hasReturns = bytes.indexOf(13) >= 0;
    // One frame, which is what most reads bring: 200 ns, where finding its lines one by one costs 450.
    if (!hasReturns && locateAlone(frame, bytes)) {
      if (!this.#readFrame(bytes, !isFinal)) return this.#wait(bytes, 0);
    } else {
      for (let at = 0; at < length; ) {
        const found = nextFrameEnd(bytes, at, hasReturns);
        const end = found < 0 ? length : found;
        locate(frame, bytes, at, end, hasReturns);
        if (hasData(frame) && !frame.isSplit) {
          if (!this.#readFrame(bytes, !isFinal && end === length)) return this.#wait(bytes, at);
          frame.beforeStart = frame.dataStart;
          frame.beforeEnd = frame.dataEnd;
        }
        at = end;
      }
    }
    return edits.length === 0 ? bytes : editOwned(bytes, edits);
  }

  /** False when the frame must wait for the next. */
  #readFrame(bytes: Buffer, isLast: boolean): boolean {
    const edits = this.#edits;
    if (!this.#rule.read(bytes, this.#frame, edits, isLast)) return false;
    const last = edits.length === 0 ? undefined : edits[edits.length - 1];
    const isGone = last !== undefined && last.insert.length === 0 && last.at === this.#frame.start;
    if (!isGone && bytes[this.#frame.dataStart] !== 91) this.frames++;
    return true;
  }

  #wait(bytes: Buffer, from: number): Buffer | undefined {
    this.#splitter.takeBack(bytes.subarray(from));
    if (from === 0) return undefined;
    const before = bytes.subarray(0, from);
    return this.#edits.length === 0 ? before : editOwned(before, this.#edits);
  }

  /** Whether half a frame holds the end mark. Only looked at when the answer is over. */
  #saysEnd(half: Buffer): boolean {
    if (half.length === 0 || this.#rule.hasEnded) return false;
    locate(this.#frame, half, 0, half.length, true);
    if (hasData(this.#frame)) this.#rule.read(half, this.#frame, [], false);
    return this.#rule.hasEnded;
  }
}
