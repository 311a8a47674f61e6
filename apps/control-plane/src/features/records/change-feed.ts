import { changesChannel, type Database, type Subscription } from '@signalbox/db';
import type { Clock } from '@signalbox/runtime';

/** Without a hint, readers look after this long all the same: a hint may be lost. */
const lookAgainMs = 5_000;

/** Tells readers that there may be new changes. One listening connection for all of them. */
export class ChangeFeed {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #waiting = new Set<AbortController>();
  #subscription: Promise<Subscription> | undefined;

  constructor(deps: { database: Database; clock: Clock }) {
    this.#database = deps.database;
    this.#clock = deps.clock;
  }

  /** Call it before reading and await it after: what changes in between is then not missed. */
  next(signal: AbortSignal): Promise<void> {
    this.#subscription ??= this.#database.listen(changesChannel, () => this.#wake());
    const woken = new AbortController();
    this.#waiting.add(woken);
    const sleep = this.#clock.sleep(lookAgainMs, AbortSignal.any([signal, woken.signal]));
    return sleep.finally(() => this.#waiting.delete(woken));
  }

  async stop(): Promise<void> {
    (await this.#subscription)?.stop();
    this.#wake();
  }

  #wake(): void {
    for (const waiting of this.#waiting) waiting.abort();
  }
}
