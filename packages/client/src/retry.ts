/** Why an attempt did not end well. */
export type Failure =
  | { kind: 'lost' }
  | { kind: 'timedOut' }
  | { kind: 'answered'; status: number; code: string | null; retryAfterMs: number | null };

const ATTEMPTS = 3;
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 5_000;
const PASSING_STATUSES: readonly number[] = [502, 503, 504];

/**
 * How long to wait before attempt `attempt + 1`; null: give up. Repeating is always safe: an operation either reads,
 * or carries an Idempotency-Key, or (a gateway's report) says totals. A timed-out request is not repeated: it has
 * used up the time that its caller gave it.
 */
export function retryDelayMs(failure: Failure, attempt: number): number | null {
  if (attempt >= ATTEMPTS || !mayPass(failure)) return null;
  const backoffMs = FIRST_DELAY_MS * 4 ** (attempt - 1);
  const wantedMs = failure.kind === 'answered' ? (failure.retryAfterMs ?? backoffMs) : backoffMs;
  return Math.min(wantedMs, LONGEST_DELAY_MS);
}

function mayPass(failure: Failure): boolean {
  if (failure.kind === 'lost') return true;
  if (failure.kind === 'timedOut') return false;
  // Our own first attempt may still be running when its connection broke: its answer is what we want.
  return PASSING_STATUSES.includes(failure.status) || failure.code === 'request.idempotency_in_progress';
}

/** Only the form in seconds; a date would need a clock. */
export function retryAfterMs(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header.trim()) ? Number(header.trim()) * 1_000 : null;
}
