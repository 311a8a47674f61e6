/** The engine's only source of time, so that a test can hold it in its hand. */
export type EngineClock = {
  /** Milliseconds since the epoch, with fractions; never goes back. */
  nowMs(): number;
  /** Runs once after that long; the answer cancels it. */
  after(delayMs: number, run: () => void): () => void;
};

export const systemClock: EngineClock = {
  nowMs: () => performance.timeOrigin + performance.now(),
  after(delayMs, run) {
    // A timer of 0 ms waits for 1 ms; an engine set to decode in no time must not.
    if (delayMs <= 0) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
