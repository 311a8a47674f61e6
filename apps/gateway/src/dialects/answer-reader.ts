import type { TokenCounts } from '@signalbox/domain';

/** What the exchange drives through one attempt's answer. It holds no clock and does no I/O. */
export interface AnswerReader {
  /**
   * What may go on to the caller now; undefined: nothing yet. Nearly always the very buffer that came in. A buffer that
   * was pushed belongs to the reader until it returns: it may change bytes in place. What it holds back it copies.
   */
  push(chunk: Buffer): Buffer | undefined;
  /** The engine ended its answer: what is left, and whether the answer is whole by its API's own end mark. */
  finish(): { rest: Buffer | undefined; isWhole: boolean };
  /** Tokens as told so far, the last word winning; undefined when the engine told none. */
  readonly usage: TokenCounts | undefined;
  /** Why the answer ended, in the engine's own word; null when it has told none, or not where it is cheap to see. */
  readonly finishReason: string | null;
  /** Frames with data, the end mark not counted; 0 for an answer that is no stream. */
  readonly frames: number;
}
