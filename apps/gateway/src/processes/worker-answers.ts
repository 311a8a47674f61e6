import type { Answering } from '../admission/idempotency/answer-store.ts';
import { StoredAnswers } from '../admission/idempotency/stored-answers.ts';
import { packed, unpacked } from './answer-message.ts';
import type { FromWorker, ToWorker } from './messages.ts';

type Said<Kind extends FromWorker['kind']> = Extract<FromWorker, { kind: Kind }>;
type KeyFound = Extract<ToWorker, { kind: 'keyFound' }>;

/**
 * Two workers' channels are read in no order: a retry may be asked about before the answer that its caller has already
 * is read. So a key that is in flight is looked at once more, and only then refused.
 */
const lookAgainMs = 50;

export interface WorkerAnswersOptions<Worker> {
  now: () => number;
  tell: (worker: Worker, found: KeyFound) => void;
  isAlive: (worker: Worker) => boolean;
  after: (ms: number, then: () => void) => void;
}

/**
 * The gateway's one store of answers by key, as its workers use it: whichever of them a retry comes to, and whichever
 * has been replaced meanwhile. Here is only who holds which claim; what a key is worth is decided in `StoredAnswers`.
 */
export class WorkerAnswers<Worker> {
  readonly #options: WorkerAnswersOptions<Worker>;
  readonly #stored = new StoredAnswers();
  /** By the number that each worker gave its question. */
  readonly #claims = new Map<Worker, Map<string, Answering>>();

  constructor(options: WorkerAnswersOptions<Worker>) {
    this.#options = options;
  }

  asked(worker: Worker, question: Said<'keyAsked'>): void {
    const { tell, after, isAlive } = this.#options;
    const found = this.#find(worker, question);
    if (found.kind !== 'inFlight') return void tell(worker, { kind: 'keyFound', id: question.id, found });
    after(lookAgainMs, () => {
      // A claim of one that is gone would never be freed.
      if (!isAlive(worker)) return;
      tell(worker, { kind: 'keyFound', id: question.id, found: this.#find(worker, question) });
    });
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

  #find(worker: Worker, { id, scope, key, fingerprint }: Said<'keyAsked'>): KeyFound['found'] {
    const begun = this.#stored.begin(scope, key, fingerprint, this.#options.now());
    if (begun.kind === 'fresh') this.#claimsOf(worker).set(id, begun.answering);
    return foundOf(begun);
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
