import type { Told } from '../admission/idempotency/answer-store.ts';
import type { Reply, ReplyOwner } from '../callers/reply.ts';
import type { Deadlines, Timed } from '../deadlines.ts';

export interface OpenQuestionOptions {
  reply: Pick<Reply, 'owner'>;
  deadlines: Deadlines;
  /** When the store's word is waited for no longer, on the monotonic clock. */
  until: number;
  /** The call goes on with this. */
  settled: (told: Told) => void;
  /** The store has said it, but the call went another way by then. */
  tooLate: (told: Told) => void;
  /** The gateway itself must go: the caller is to be told so. */
  cut: () => void;
}

/**
 * A call between the question whether its key was answered before and what comes first: the store's word, the end of
 * its time, the leaving of its caller, or the gateway's. A claim that comes after that is given back, so that no key is
 * held by a call that is over. The time is looked after here and not by the store, because the caller's own deadline
 * bounds it too.
 */
export class OpenQuestion implements ReplyOwner, Timed {
  timedNext: Timed | undefined;
  timedPrevious: Timed | undefined;
  readonly #options: OpenQuestionOptions;
  #isOpen = true;

  constructor(options: OpenQuestionOptions) {
    this.#options = options;
  }

  ask(told: Promise<Told>): void {
    const { reply, deadlines, settled, tooLate } = this.#options;
    reply.owner = this;
    deadlines.enter(this);
    void told.then((word) => (this.#close() ? settled(word) : tooLate(word)));
  }

  /** Whose deadline has passed by then goes on as well: it ends, and is counted, like any call past its deadline. */
  check(now: number): void {
    if (now >= this.#options.until && this.#close()) this.#options.settled({ kind: 'unknown' });
  }

  callerLeft(): void {
    this.#close();
  }

  callerReads(): void {}

  cutShort(): void {
    if (this.#close()) this.#options.cut();
  }

  /** False where it was closed before. */
  #close(): boolean {
    const { reply, deadlines } = this.#options;
    if (!this.#isOpen) return false;
    this.#isOpen = false;
    deadlines.leave(this);
    if (reply.owner === this) reply.owner = undefined;
    return true;
  }
}
