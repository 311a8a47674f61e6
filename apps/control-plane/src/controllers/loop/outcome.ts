/**
 * What a pass ends with. A throw is the third outcome (again, with backoff); `TerminalError` the fourth: trying again
 * unchanged won't help, and only a new wake-up starts over.
 */
export type Outcome = { kind: 'done' } | { kind: 'after'; ms: number };

export const done: Outcome = { kind: 'done' };
export function after(ms: number): Outcome {
  return { kind: 'after', ms };
}

/** The earlier of two outcomes: what must come back soonest decides. */
export function soonest(a: Outcome, b: Outcome): Outcome {
  if (a.kind === 'done') return b;
  if (b.kind === 'done') return a;
  return a.ms <= b.ms ? a : b;
}

export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 60_000;

/** Doubles from 200 ms to a minute. */
export function retryAfterMs(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(20, Math.max(0, failures - 1)));
}
