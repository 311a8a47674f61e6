import type { Answering, AnswerStore, Begun, StoredAnswer } from './answer-store.ts';

interface Entry extends Answering {
  readonly fingerprint: string;
  readonly at: number;
  answer: StoredAnswer | undefined;
  bytes: number;
}

export interface StoredAnswerBounds {
  maxBytes: number;
  maxAnswerBytes: number;
  maxAgeMs: number;
  maxInFlight: number;
}

const defaultBounds: StoredAnswerBounds = {
  maxBytes: 64 * 2 ** 20,
  maxAnswerBytes: 2 ** 20,
  maxAgeMs: 3_600_000,
  maxInFlight: 10_000,
};
const overheadBytes = 200;
/** Whoever holds a larger one need not bring it here. */
export const { maxAnswerBytes } = defaultBounds;

/**
 * Answers by the caller's `Idempotency-Key`, so that a retry whose first try went through is answered and not done
 * again. Bounded in bytes (least recently used goes) and in age; in memory only, and one for all processes of a
 * gateway: what it does not remember is done anew, which is what happens without it.
 */
export class StoredAnswers implements AnswerStore {
  readonly #bounds: StoredAnswerBounds;
  readonly #answered = new Map<string, Entry>();
  readonly #inFlight = new Map<string, Entry>();
  #bytes = 0;

  constructor(bounds: Partial<StoredAnswerBounds> = {}) {
    this.#bounds = { ...defaultBounds, ...bounds };
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `scope` is the consumer key: nobody is answered with what another one asked. */
  begin(scope: string, key: string, fingerprint: string, now: number): Begun {
    const id = `${scope}\n${key}`;
    this.#dropOld(now);
    const found = this.#inFlight.get(id) ?? this.#answered.get(id);
    const entry = found !== undefined && this.#isOld(found, now) ? this.#drop(found) : found;
    if (entry !== undefined && entry.fingerprint !== fingerprint) return { kind: 'mismatch' };
    if (entry?.answer !== undefined) {
      this.#answered.delete(id);
      this.#answered.set(id, entry);
      return { kind: 'replay', answer: entry.answer };
    }
    if (entry !== undefined) return { kind: 'inFlight' };
    const fresh: Entry = { id, fingerprint, at: now, answer: undefined, bytes: 0 };
    // More than that are answered like requests without a key.
    if (this.#inFlight.size < this.#bounds.maxInFlight) this.#inFlight.set(id, fresh);
    return { kind: 'fresh', answering: fresh };
  }

  /** Stores a whole answer; one that is too large or whose key was forgotten meanwhile is not kept. */
  finish(answering: Answering, answer: StoredAnswer): void {
    const entry = this.#inFlight.get(answering.id);
    if (entry !== answering) return;
    this.#inFlight.delete(entry.id);
    entry.bytes = sizeOf(entry, answer);
    if (entry.bytes > Math.min(this.#bounds.maxAnswerBytes, this.#bounds.maxBytes)) return;
    entry.answer = answer;
    this.#answered.set(entry.id, entry);
    this.#bytes += entry.bytes;
    for (const oldest of this.#answered.values()) {
      if (this.#bytes <= this.#bounds.maxBytes) break;
      this.#drop(oldest);
    }
  }

  /** The request failed, was cut off or refused: a retry is done anew. */
  abandon(answering: Answering): void {
    if (this.#inFlight.get(answering.id) === answering) this.#inFlight.delete(answering.id);
  }

  #isOld(entry: Entry, now: number): boolean {
    return now - entry.at >= this.#bounds.maxAgeMs;
  }

  /** In order of use: an older one may stand behind a younger, and is dropped when its turn comes or it is asked for. */
  #dropOld(now: number): void {
    for (const entries of [this.#inFlight, this.#answered]) {
      for (const entry of entries.values()) {
        if (!this.#isOld(entry, now)) break;
        this.#drop(entry);
      }
    }
  }

  /** Also a request that never told how it ended: it must not block its key for ever. */
  #drop(entry: Entry): undefined {
    if (entry.answer === undefined) this.#inFlight.delete(entry.id);
    else if (this.#answered.delete(entry.id)) this.#bytes -= entry.bytes;
  }
}

function sizeOf(entry: Entry, answer: StoredAnswer): number {
  return overheadBytes + 2 * (entry.id.length + entry.fingerprint.length) + answerBytes(answer);
}

export function answerBytes({ headers, body }: StoredAnswer): number {
  let bytes = 0;
  for (const header of headers) bytes += 2 * header.length;
  for (const chunk of body) bytes += chunk.length;
  return bytes;
}
