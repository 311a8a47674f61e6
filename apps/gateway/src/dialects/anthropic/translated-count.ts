import type { AnswerReader } from '../answer-reader.ts';
import { fieldsOf } from './chat-answer.ts';

/** `/tokenize` tells each token beside their count. */
const longestAnswer = 32 * 1024 * 1024;

/** `/tokenize`'s answer, given as that of `count_tokens` once it is whole. One that tells no count is not whole. */
export class TranslatedCount implements AnswerReader {
  readonly frames = 0;
  readonly usage = undefined;
  readonly finishReason = null;
  #held: Buffer[] = [];
  #heldBytes = 0;

  push(chunk: Buffer): undefined {
    this.#heldBytes += chunk.length;
    if (this.#heldBytes <= longestAnswer) this.#held.push(Buffer.from(chunk));
    else this.#held = [];
  }

  finish(): { rest: Buffer | undefined; isWhole: boolean } {
    const { count } = fieldsOf(parsed(Buffer.concat(this.#held)));
    if (!Number.isSafeInteger(count)) return { rest: undefined, isWhole: false };
    return { rest: Buffer.from(JSON.stringify({ input_tokens: count })), isWhole: true };
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
