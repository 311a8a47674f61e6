interface PromisedTurn {
  dueAt: number;
  lapsesAt: number;
  cost: number;
}

const mostPromises = 1_000;
/** Who comes later than this after the told time has lost the turn. */
const graceMs = 3_000;

/**
 * Turns that were told to refused callers of one tenant in `retry-after`. In an overload that lasts, a time alone
 * would be no truth: whoever comes new at that moment is as likely to be let in as the one who waited for it. So
 * the tenant's next request at or after that time is let in, and newcomers count what is promised as if it waited.
 */
export class Promises {
  #turns: PromisedTurn[] = [];
  #cost = 0;

  get cost(): number {
    return this.#cost;
  }

  book(dueAt: number, cost: number, now: number): void {
    if (this.#turns.length >= mostPromises) return;
    this.#turns.push({ dueAt, lapsesAt: dueAt + graceMs + (dueAt - now) / 4, cost });
    this.#cost += cost;
  }

  /** Uses up a turn that is due, if there is one. */
  redeem(now: number): boolean {
    const at = this.#turns.findIndex(({ dueAt }) => dueAt <= now);
    const [turn] = at < 0 ? [] : this.#turns.splice(at, 1);
    if (turn === undefined) return false;
    this.#cost = this.#turns.length === 0 ? 0 : this.#cost - turn.cost;
    return true;
  }

  lapse(now: number): void {
    if (!this.#turns.some(({ lapsesAt }) => lapsesAt <= now)) return;
    this.#turns = this.#turns.filter(({ lapsesAt }) => lapsesAt > now);
    this.#cost = this.#turns.reduce((sum, { cost }) => sum + cost, 0);
  }
}
