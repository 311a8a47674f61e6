import type { AttemptVerdict } from '../routing/fleet.ts';
import { type CallerError, callerErrors } from './caller-error.ts';

/** Why an attempt at a replica failed. */
export type Failure =
  /** Nothing was sent. */
  | { kind: 'unreachable' }
  /** The connection broke; on a reused one that may be the keep-alive race and no fault of the replica. */
  | { kind: 'reset' }
  | { kind: 'timeout' }
  /** The answer is not HTTP, or larger than its bounds. */
  | { kind: 'malformed' }
  /** The engine answered that it failed. */
  | { kind: 'status'; status: number };

const retriable: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/** Whether an answer may be thrown away for another replica's. All else is the caller's own doing or final. */
export function isRetriableStatus(status: number): boolean {
  return retriable.has(status);
}

const kinds: Readonly<Record<string, Exclude<Failure['kind'], 'status'>>> = {
  ECONNREFUSED: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'unreachable',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_DESTROYED: 'reset',
  UND_ERR_CLOSED: 'reset',
};

export function failureOf(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { kind: kinds[code] ?? 'malformed' };
}

export function verdictOf(failure: Failure): AttemptVerdict {
  return failure.kind === 'unreachable' || failure.kind === 'reset' ? 'connectError' : 'serverError';
}

/** What the caller hears when no try is left. An engine's own status, from whichever attempt, says the most. */
export function finalError(failures: readonly Failure[]): CallerError {
  for (const failure of failures) if (failure.kind === 'status') return callerErrors.engineFailed(failure.status);
  return failures.at(-1)?.kind === 'timeout' ? callerErrors.upstreamTimeout() : callerErrors.upstreamFailed();
}
