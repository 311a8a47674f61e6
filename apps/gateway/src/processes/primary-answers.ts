import type { Answering, AnswerStore, StoredAnswer, Told } from '../admission/idempotency/answer-store.ts';
import { answerBytes, maxAnswerBytes } from '../admission/idempotency/stored-answers.ts';
import { packed, unpacked } from './answer-message.ts';
import type { FromWorker, ToWorker } from './messages.ts';

const unknown: Told = { kind: 'unknown' };

/**
 * The store of answers that the primary keeps, as its worker sees it. An answer is on its way to the primary before the
 * last of it goes to the caller. All the same the caller's next question, from another worker, may be read first, since
 * the workers' channels are read in no order: the primary looks once more before it says that a key is in flight.
 */
export class PrimaryAnswers implements AnswerStore {
  readonly #send: (message: FromWorker) => void;
  readonly #asked = new Map<string, (told: Told) => void>();
  /** Claims that the primary gave, until they are answered or freed. */
  readonly #held = new Set<string>();
  #questions = 0;
  #isKept = false;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  /** The primary keeps answers. One that runs older code never says so, and would not answer either. */
  kept(): void {
    this.#isKept = true;
  }

  /** By the primary's clock, not by ours. */
  begin(scope: string, key: string, fingerprint: string): Told | Promise<Told> {
    if (!this.#isKept) return unknown;
    const id = `${++this.#questions}`;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#send({ kind: 'keyAsked', id, scope, key, fingerprint });
    });
  }

  found({ id, found }: Extract<ToWorker, { kind: 'keyFound' }>): void {
    const tell = this.#asked.get(id);
    if (tell === undefined) return;
    this.#asked.delete(id);
    if (found.kind === 'fresh') {
      this.#held.add(id);
      tell({ kind: 'fresh', answering: { id } });
    } else if (found.kind === 'replay') tell({ kind: 'replay', answer: unpacked(found.answer) });
    else tell(found);
  }

  finish({ id }: Answering, answer: StoredAnswer): void {
    if (!this.#held.delete(id)) return;
    if (answerBytes(answer) > maxAnswerBytes) this.#send({ kind: 'keyFreed', id });
    else this.#send({ kind: 'keyAnswered', id, answer: packed(answer) });
  }

  abandon({ id }: Answering): void {
    if (this.#held.delete(id)) this.#send({ kind: 'keyFreed', id });
  }

  /** The primary is gone, and with it what it knew. */
  lost(): void {
    this.#isKept = false;
    this.#held.clear();
    for (const tell of this.#asked.values()) tell(unknown);
    this.#asked.clear();
  }
}
