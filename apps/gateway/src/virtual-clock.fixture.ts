import type { Clock } from '@signalbox/runtime';

interface Sleeper {
  dueAt: number;
  wake: () => void;
}

/** Both of a machine's clocks, standing still until a test moves them: hours pass at once, and the wall's may be set. */
export class VirtualClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #passedMs = 0;
  #wallAtStart: number;

  constructor(wallAtStart: number) {
    this.#wallAtStart = wallAtStart;
  }

  now(): number {
    return this.#wallAtStart + this.#passedMs;
  }

  readonly monotonicMs = (): number => this.#passedMs;

  /** Whoever sleeps does so by the clock that nobody can set. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        dueAt: this.#passedMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  advance(ms: number): void {
    this.#passedMs += ms;
    for (const sleeper of this.#sleepers) if (sleeper.dueAt <= this.#passedMs) sleeper.wake();
  }

  /** Somebody, or a time server, sets the wall's clock. */
  setBy(ms: number): void {
    this.#wallAtStart += ms;
  }

  /** Until what was woken has done its work and sleeps again. */
  async untilAsleep(): Promise<void> {
    await yielded();
    while (this.#sleepers.size === 0) await yielded();
  }
}

function yielded(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
