import type { CallerError } from '../dialects/errors/caller-error.ts';
import type { AttemptVerdict } from '../routing/fleet.ts';
import type { Failure } from '../upstream/failure.ts';
import { callerErrors } from './caller-error.ts';

const retriable: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** Whether an answer may be thrown away for another replica's. All else is the caller's own doing or final. */
export function isRetriableStatus(status: number): boolean {
  return retriable.has(status);
}

export function verdictOf(failure: Failure): AttemptVerdict {
  return failure.kind === 'unreachable' || failure.kind === 'reset' ? 'connectError' : 'serverError';
}

/** What the caller hears when no try is left. An engine's own status, from whichever attempt, says the most. */
export function finalError(failures: readonly Failure[]): CallerError {
  for (const failure of failures) if (failure.kind === 'status') return callerErrors.engineFailed(failure.status);
  return failures.at(-1)?.kind === 'timeout' ? callerErrors.upstreamTimeout() : callerErrors.upstreamFailed();
}
