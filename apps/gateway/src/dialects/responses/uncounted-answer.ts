import type { AnswerReader } from '../answer-reader.ts';

/** An answer that repeats one from before: its usage was counted when it was made. */
export class UncountedAnswer implements AnswerReader {
  readonly usage = undefined;
  readonly #answer: AnswerReader;

  constructor(answer: AnswerReader) {
    this.#answer = answer;
  }

  get finishReason(): string | null {
    return this.#answer.finishReason;
  }

  get frames(): number {
    return this.#answer.frames;
  }

  push(chunk: Buffer): Buffer | undefined {
    return this.#answer.push(chunk);
  }

  finish(): { rest: Buffer | undefined; isWhole: boolean } {
    return this.#answer.finish();
  }
}
