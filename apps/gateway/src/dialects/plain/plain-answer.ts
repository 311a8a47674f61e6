import type { TokenCounts } from '@signalbox/domain';
import type { AnswerReader } from '../answer-reader.ts';
import { applyEdits } from '../json/edit-bytes.ts';
import { countsInText } from '../json/usage-counts.ts';
import type { NameInFrames } from '../streams/frame-rule.ts';
import { JsonScan } from './json-scan.ts';

/** An answer that is no stream and of which nothing is read: audio, images, text. */
export class OpaqueAnswer implements AnswerReader {
  readonly frames = 0;
  readonly usage = undefined;

  push(chunk: Buffer): Buffer {
    return chunk;
  }

  finish(): { rest: undefined; isWhole: true } {
    return { rest: undefined, isWhole: true };
  }
}

/** A JSON answer, passed on as it comes while its usage is read. It is whole when its brackets are closed. */
export class JsonAnswer implements AnswerReader {
  readonly frames = 0;
  readonly #scan = new JsonScan(['usage']);

  get usage(): TokenCounts | undefined {
    return usageFound(this.#scan);
  }

  push(chunk: Buffer): Buffer {
    this.#scan.push(chunk);
    return chunk;
  }

  finish(): { rest: undefined; isWhole: boolean } {
    return { rest: undefined, isWhole: this.#scan.isClosed };
  }
}

const longestHeld = 1024 * 1024;

/**
 * A JSON answer in which the engine's name for the model becomes the caller's. Engines write such an answer at once, so
 * it is held until it is whole and its length is known: `finish` gives it. One that is longer than what would be held
 * passes under the engine's name.
 */
export class RenamedAnswer implements AnswerReader {
  readonly frames = 0;
  readonly #name: NameInFrames;
  readonly #scan: JsonScan;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isLong = false;

  constructor(name: NameInFrames) {
    this.#name = name;
    this.#scan = new JsonScan(['usage', name.key]);
  }

  get usage(): TokenCounts | undefined {
    return usageFound(this.#scan);
  }

  push(chunk: Buffer): Buffer | undefined {
    this.#scan.push(chunk);
    if (this.#isLong) return chunk;
    this.#held.push(Buffer.from(chunk));
    this.#heldBytes += chunk.length;
    if (this.#heldBytes <= longestHeld) return undefined;
    this.#isLong = true;
    return this.#taken();
  }

  finish(): { rest: Buffer | undefined; isWhole: boolean } {
    const { isClosed, found } = this.#scan;
    const whole = this.#taken();
    if (whole.length === 0) return { rest: undefined, isWhole: isClosed };
    const model = found.get(this.#name.key);
    if (model === undefined || model.text !== this.#name.served.toString()) return { rest: whole, isWhole: isClosed };
    const edit = { at: model.start, remove: model.end - model.start, insert: this.#name.public };
    return { rest: applyEdits(whole, [edit]), isWhole: isClosed };
  }

  #taken(): Buffer {
    const whole = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held);
    this.#held = [];
    return whole;
  }
}

function usageFound(scan: JsonScan): TokenCounts | undefined {
  const usage = scan.found.get('usage');
  return usage === undefined ? undefined : countsInText(usage.text);
}
