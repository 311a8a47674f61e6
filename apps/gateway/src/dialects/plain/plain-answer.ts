import type { TokenCounts } from '@signalbox/domain';
import type { AnswerReader } from '../answer-reader.ts';
import type { AnswerApi } from '../dialect.ts';
import { applyEdits, type Edit, editOwned, inOrder } from '../json/edit-bytes.ts';
import { finishReasonAt, reasonAt, reasonOf, responseReason } from '../json/finish-reason.ts';
import { countsInText } from '../json/usage-counts.ts';
import { memberOf } from '../json/walk-json.ts';
import { markedKeys, markIds } from '../responses/keeper-mark.ts';
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

/** What is different in the answer that a caller gets. */
export interface AnswerChanges {
  name: NameInFrames | undefined;
  mark: Buffer | undefined;
}

/**
 * A JSON answer. One that comes in a single read, which its length tells, is read from its end and passed on at once;
 * any other is passed on as it comes, while its usage is read. Where something changes in it, it is held until it is
 * whole and its new length is known: engines write such an answer at once, so that costs no time. One that is longer
 * than what would be held passes unchanged.
 */
export class JsonAnswer implements AnswerReader {
  readonly frames = 0;
  readonly #bytes: number | undefined;
  readonly #name: NameInFrames | undefined;
  readonly #mark: Buffer | undefined;
  readonly #api: AnswerApi;
  #finishReason: string | null = null;
  #scan: JsonScan | undefined;
  #usageText: string | undefined;
  #usage: TokenCounts | undefined;
  #held: Buffer[] | undefined;
  #heldBytes = 0;

  /** `bytes`: the whole answer's length, where the engine told it. */
  constructor(bytes: number | undefined, { name, mark }: AnswerChanges, api: AnswerApi) {
    this.#bytes = bytes;
    this.#name = name;
    this.#mark = mark;
    this.#api = api;
    this.#held = name === undefined && mark === undefined ? undefined : [];
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
    this.#scan ??= new JsonScan(this.#wanted());
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
    return { rest: applyEdits(whole, this.#editsOfScan()), isWhole };
  }

  #wanted(): readonly string[] {
    const name = this.#name === undefined ? [] : [this.#name.key];
    return ['usage', ...name, ...(this.#mark === undefined ? [] : markedKeys)];
  }

  #editsOfScan(): Edit[] {
    const edits: Edit[] = [];
    const name = this.#name;
    const mark = this.#mark;
    const found = this.#scan?.found;
    const model = name === undefined ? undefined : found?.get(name.key);
    if (name !== undefined && model?.text === name.served.toString())
      edits.push({ at: model.start, remove: model.end - model.start, insert: name.public });
    if (mark === undefined) return edits;
    for (const key of markedKeys) {
      const id = found?.get(key);
      if (id?.text.startsWith('"')) edits.push({ at: id.end - 1, remove: 0, insert: mark });
    }
    return inOrder(edits);
  }

  #whole(answer: Buffer): Buffer | undefined {
    const usage = usageNearEnd(answer) ?? memberOf(answer, 0, answer.length, 'usage');
    if (usage !== undefined) this.#usageText = answer.toString('utf8', usage.valueStart, usage.valueEnd);
    this.#finishReason = this.#reasonIn(answer);
    if (this.#held === undefined) return answer;
    const edits: Edit[] = [];
    renameIn(answer, 0, answer.length, edits, this.#name);
    markIds(answer, 0, answer.length, edits, this.#mark);
    return edits.length === 0 ? answer : editOwned(answer, inOrder(edits));
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
