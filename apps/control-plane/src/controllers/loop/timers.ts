/** One pending wake-up per key; the earliest wins. In memory only: what a restart loses, the resync finds. */
export class Timers {
  readonly #pending = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  readonly #now: () => number;
  readonly #fire: (key: string) => void;

  constructor(now: () => number, fire: (key: string) => void) {
    this.#now = now;
    this.#fire = fire;
  }

  set(key: string, ms: number): void {
    const at = this.#now() + ms;
    const pending = this.#pending.get(key);
    if (pending !== undefined && pending.at <= at) return;
    if (pending !== undefined) clearTimeout(pending.timer);
    const timer = setTimeout(() => {
      this.#pending.delete(key);
      this.#fire(key);
    }, ms);
    this.#pending.set(key, { at, timer });
  }

  stop(): void {
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
  }
}
