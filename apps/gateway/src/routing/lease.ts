import type { OutstandingPrompt } from './outstanding-prompts.ts';
import type { Replica } from './replica.ts';

/** One request's place at a replica. */
export class Lease implements OutstandingPrompt {
  readonly replica: Replica;
  readonly tokens: number;
  readonly sentAt: number;
  older: OutstandingPrompt | undefined = undefined;
  newer: OutstandingPrompt | undefined = undefined;
  isCounted = false;
  readonly #ended: (replica: Replica) => void;
  #over = false;

  constructor(replica: Replica, tokens: number, sentAt: number, ended: (replica: Replica) => void) {
    this.replica = replica;
    this.tokens = tokens;
    this.sentAt = sentAt;
    this.#ended = ended;
    replica.inFlight++;
    replica.prompts.add(this);
  }

  /** The first byte of the answer: the prompt has been read. */
  prefillDone(): void {
    this.replica.prompts.remove(this);
  }

  /** Ends it, once. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.replica.prompts.remove(this);
    this.replica.inFlight--;
    this.#ended(this.replica);
  }
}
