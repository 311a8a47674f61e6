/** What was done to the installation, and when: the column beside the figures. */
export class Timeline {
  readonly events: { atMs: number; what: string }[] = [];
  readonly #now: () => number;
  readonly #told: (line: string) => void;
  #startedAt = 0;

  constructor(now: () => number, told: (line: string) => void) {
    this.#now = now;
    this.#told = told;
  }

  start(): void {
    this.#startedAt = this.#now();
  }

  elapsedMs(): number {
    return this.#now() - this.#startedAt;
  }

  note(what: string): void {
    const atMs = this.elapsedMs();
    this.events.push({ atMs, what });
    this.#told(`${seconds(atMs)}  * ${what}`);
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1).padStart(6)} s`;
}
