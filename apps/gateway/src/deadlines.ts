/** Something that looks after its own deadlines when it is asked to. */
export interface Timed {
  /** Called every so often; does what is due by now. */
  check(now: number): void;
  /** Links of the list that it is in; the list's own business. */
  timedNext: Timed | undefined;
  timedPrevious: Timed | undefined;
}

/**
 * Everything that has a deadline, asked in turn. A timer per request and its refresh per frame cost more than the
 * whole list does: 8,000 entries asked 40 times a second are 3 ms of CPU. Entering and leaving are a few assignments.
 */
export class Deadlines {
  readonly #everyMs: number;
  readonly #now: () => number;
  #first: Timed | undefined;
  #timer: NodeJS.Timeout | undefined;
  size = 0;

  constructor(options: { everyMs: number; now: () => number }) {
    this.#everyMs = options.everyMs;
    this.#now = options.now;
  }

  enter(entry: Timed): void {
    entry.timedPrevious = undefined;
    entry.timedNext = this.#first;
    if (this.#first !== undefined) this.#first.timedPrevious = entry;
    this.#first = entry;
    this.size++;
    this.#timer ??= setInterval(() => this.#ask(), this.#everyMs);
  }

  leave(entry: Timed): void {
    const { timedNext: next, timedPrevious: previous } = entry;
    if (previous === undefined && this.#first !== entry) return;
    if (previous === undefined) this.#first = next;
    else previous.timedNext = next;
    if (next !== undefined) next.timedPrevious = previous;
    entry.timedNext = undefined;
    entry.timedPrevious = undefined;
    this.size--;
  }

  /** Every entry, also while entries leave. */
  *[Symbol.iterator](): Generator<Timed> {
    for (let entry = this.#first; entry !== undefined; ) {
      const next: Timed | undefined = entry.timedNext;
      yield entry;
      entry = next;
    }
  }

  #ask(): void {
    if (this.#first === undefined) {
      // Stopped here and not in `leave`: a busy gateway is idle between any two requests.
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const now = this.#now();
    for (let entry: Timed | undefined = this.#first; entry !== undefined; ) {
      const next: Timed | undefined = entry.timedNext;
      entry.check(now);
      entry = next;
    }
  }
}
