import type { Answering } from '../admission/idempotency/answer-store.ts';
import { StoredAnswers } from '../admission/idempotency/stored-answers.ts';
import { packed, unpacked } from './answer-message.ts';
import type { FromWorker, ToWorker } from './messages.ts';

type Said<Kind extends FromWorker['kind']> = Extract<FromWorker, { kind: Kind }>;
type KeyFound = Extract<ToWorker, { kind: 'keyFound' }>;

/**
 * The gateway's one store of answers by key, as its workers use it: whichever of them a retry comes to, and whichever
 * has been replaced meanwhile. Here is only who holds which claim; what a key is worth is decided in `StoredAnswers`.
 */
export class WorkerAnswers<Worker> {
  readonly #stored = new StoredAnswers();
  /** By the number that each worker gave its question. */
  readonly #claims = new Map<Worker, Map<string, Answering>>();

  asked(worker: Worker, { id, scope, key, fingerprint }: Said<'keyAsked'>, now: number): KeyFound {
    const begun = this.#stored.begin(scope, key, fingerprint, now);
    if (begun.kind === 'fresh') this.#claimsOf(worker).set(id, begun.answering);
    return { kind: 'keyFound', id, found: foundOf(begun) };
  }

  answered(worker: Worker, { id, answer }: Said<'keyAnswered'>): void {
    const answering = this.#taken(worker, id);
    if (answering !== undefined) this.#stored.finish(answering, unpacked(answer));
  }

  freed(worker: Worker, { id }: Said<'keyFreed'>): void {
    const answering = this.#taken(worker, id);
    if (answering !== undefined) this.#stored.abandon(answering);
  }

  /** What it was at will never be answered: a retry is done anew, and not refused until the claim is old. */
  ended(worker: Worker): void {
    for (const answering of this.#claims.get(worker)?.values() ?? []) this.#stored.abandon(answering);
    this.#claims.delete(worker);
  }

  #claimsOf(worker: Worker): Map<string, Answering> {
    const claims = this.#claims.get(worker) ?? new Map<string, Answering>();
    this.#claims.set(worker, claims);
    return claims;
  }

  #taken(worker: Worker, id: string): Answering | undefined {
    const claims = this.#claims.get(worker);
    const answering = claims?.get(id);
    claims?.delete(id);
    return answering;
  }
}

function foundOf(begun: ReturnType<StoredAnswers['begin']>): KeyFound['found'] {
  if (begun.kind === 'replay') return { kind: 'replay', answer: packed(begun.answer) };
  return { kind: begun.kind };
}
