/** How a process leaves, in milliseconds. */
export interface Draining {
  /** How long a connection may wait for its next request. */
  idleMs: number;
  /** Connections are closed one after the other within this time; all at once without it. */
  overMs?: number | undefined;
}

/**
 * When the answers of a process that leaves close their connections. All at once, a process that has just begun would
 * get every caller before its code is compiled, so each connection has a turn of its own within `overMs`.
 */
export class Shedding {
  readonly #now: () => number;
  readonly #random: () => number;
  #since: number | undefined;
  #overMs = 0;

  constructor(parts: { now: () => number; random: () => number }) {
    this.#now = parts.now;
    this.#random = parts.random;
  }

  /** A connection's turn: from 0 up to 1. */
  newTurn(): number {
    return this.#random();
  }

  /** Asked for again, it is done in the shorter of the times that are left. */
  begin(overMs: number): void {
    const now = this.#now();
    const left = this.#since === undefined ? overMs : Math.max(0, this.#since + this.#overMs - now);
    this.#since = now;
    this.#overMs = Math.min(overMs, left);
  }

  isTurnOf(turn: number): boolean {
    return this.#since !== undefined && this.#now() - this.#since >= turn * this.#overMs;
  }
}
