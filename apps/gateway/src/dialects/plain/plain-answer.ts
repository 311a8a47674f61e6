import type { TokenCounts } from '@signalbox/domain';
import type { AnswerReader } from '../answer-reader.ts';
import type { AnswerApi } from '../dialect.ts';
import { applyEdits, type Edit, editOwned } from '../json/edit-bytes.ts';
import { finishReasonAt, reasonAt, reasonOf, responseReason } from '../json/finish-reason.ts';
import { countsInText } from '../json/usage-counts.ts';
import { memberOf } from '../json/walk-json.ts';
import { type NameInFrames, renameIn } from '../streams/frame-rule.ts';
import { JsonScan } from './json-scan.ts';
import { usageNearEnd } from './usage-near-end.ts';

/** An answer that is no stream and of which nothing is read: audio, images, text. */
export class OpaqueAnswer implements AnswerReader {
  readonly frames = 0;
  readonly usage = undefined;
  readonly finishReason = null;

  push(chunk: Buffer): Buffer {
    return chunk;
  }

  finish(): { rest: undefined; isWhole: true } {
    return { rest: undefined, isWhole: true };
  }
}

const longestHeld = 1024 * 1024;

/**
 * A JSON answer. One that comes in a single read, which its length tells, is read from its end and passed on at once;
 * any other is passed on as it comes, while its usage is read. Where the engine's name for the model becomes the
 * caller's, the answer is held until it is whole and its new length is known: engines write such an answer at once, so
 * that costs no time. One that is longer than what would be held passes under the engine's name.
 */
export class JsonAnswer implements AnswerReader {
  readonly frames = 0;
  readonly #bytes: number | undefined;
  readonly #name: NameInFrames | undefined;
  readonly #api: AnswerApi;
  #finishReason: string | null = null;
  #scan: JsonScan | undefined;
  #usageText: string | undefined;
  #usage: TokenCounts | undefined;
  #held: Buffer[] | undefined;
  #heldBytes = 0;

  /** `bytes`: the whole answer's length, where the engine told it. */
  constructor(bytes: number | undefined, name: NameInFrames | undefined, api: AnswerApi) {
    this.#bytes = bytes;
    this.#name = name;
    this.#api = api;
    this.#held = name === undefined ? undefined : [];
  }

  get usage(): TokenCounts | undefined {
    const text = this.#usageText ?? this.#scan?.found.get('usage')?.text;
    if (text === undefined) return undefined;
    this.#usage ??= countsInText(text);
    return this.#usage;
  }

  get finishReason(): string | null {
    return this.#finishReason;
  }

  push(chunk: Buffer): Buffer | undefined {
    if (chunk.length === this.#bytes && this.#scan === undefined) return this.#whole(chunk);
    this.#scan ??= new JsonScan(this.#name === undefined ? ['usage'] : ['usage', this.#name.key]);
    this.#scan.push(chunk);
    if (this.#held === undefined) {
      // A chat tells it far inside, in a read that is looked at anyway; one that a read cuts in two is not told.
      if (isChat(this.#api)) this.#finishReason ??= chatReason(chunk);
      return chunk;
    }
    this.#held.push(Buffer.from(chunk));
    this.#heldBytes += chunk.length;
    if (this.#heldBytes <= longestHeld) return undefined;
    const all = Buffer.concat(this.#held);
    this.#held = undefined;
    return all;
  }

  finish(): { rest: Buffer | undefined; isWhole: boolean } {
    const isWhole = this.#scan?.isClosed !== false;
    if (this.#held === undefined || this.#heldBytes === 0) return { rest: undefined, isWhole };
    const whole = Buffer.concat(this.#held);
    this.#finishReason = this.#reasonIn(whole);
    const name = this.#name;
    const model = name === undefined ? undefined : this.#scan?.found.get(name.key);
    if (name === undefined || model?.text !== name.served.toString()) return { rest: whole, isWhole };
    const edit = { at: model.start, remove: model.end - model.start, insert: name.public };
    return { rest: applyEdits(whole, [edit]), isWhole };
  }

  #whole(answer: Buffer): Buffer | undefined {
    const usage = usageNearEnd(answer) ?? memberOf(answer, 0, answer.length, 'usage');
    if (usage !== undefined) this.#usageText = answer.toString('utf8', usage.valueStart, usage.valueEnd);
    this.#finishReason = this.#reasonIn(answer);
    if (this.#name === undefined) return answer;
    const edits: Edit[] = [];
    renameIn(answer, 0, answer.length, edits, this.#name);
    return edits.length === 0 ? answer : editOwned(answer, edits);
  }

  #reasonIn(answer: Buffer): string | null {
    if (isChat(this.#api)) return chatReason(answer);
    if (this.#api === 'responses') return responseReason(answer, 0, answer.length);
    const told = this.#api === 'messages' ? memberOf(answer, 0, answer.length, 'stop_reason') : undefined;
    return told === undefined ? null : reasonOf(answer, told.valueStart, told.valueEnd);
  }
}

function isChat(api: AnswerApi): boolean {
  return api === 'chat' || api === 'completions';
}

function chatReason(bytes: Buffer): string | null {
  return reasonAt(bytes, finishReasonAt(bytes, 0, bytes.length), bytes.length);
}
