import type { CallerError } from '../dialects/errors/caller-error.ts';
import { markedId } from '../dialects/responses/keeper-mark.ts';
import type { AttemptVerdict } from '../routing/fleet.ts';
import type { Failure } from '../upstream/failure.ts';
import { callerErrors } from './caller-error.ts';
import type { AskedRequest } from './engine-request.ts';

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

/** Of a request that only one replica could have answered, which has gone with what it kept: nobody's outage. */
export function keeperGoneError({ previous, place }: AskedRequest): CallerError | undefined {
  if (previous !== undefined) return callerErrors.responseNotFound(markedId(previous), 'previous_response_id');
  return place.kind === 'response' ? callerErrors.responseNotFound(markedId(place.kept)) : undefined;
}
