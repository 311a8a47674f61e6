/** Lets somebody wait until something holds, looking again at each change instead of every so often. */
export class Awaited {
  readonly #looks = new Set<() => void>();

  /** To be called after each change. */
  changed(): void {
    for (const look of this.#looks) look();
  }

  /** Resolves when it holds, or when the time is over. */
  until(holds: () => boolean, withinMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#looks.delete(look);
        resolve();
      };
      const look = (): void => {
        if (holds()) done();
      };
      const timer = withinMs === undefined ? undefined : setTimeout(done, withinMs);
      this.#looks.add(look);
      look();
    });
  }
}
