/** How one attempt at a replica ended, as its revision is held to account for it. */
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];
export const ATTEMPT_OUTCOMES = ['ok', 'callerError', 'error', 'cancelled'] as const;

/** What the request path tells about a revision of a route. */
export interface RevisionObserver {
  firstToken(afterMs: number): void;
  finished(outcome: AttemptOutcome, durationMs: number, outputTokens: number): void;
  /** A failure before the first byte of which the caller saw nothing. */
  rescued(): void;
}

export interface RouteObserver {
  started(): void;
  ended(): void;
  /** No replica could be tried at all. */
  unserved(): void;
}

/** Tells two listeners the same: the report to the control plane and the metrics. */
export function bothOf(one: RevisionObserver, other: RevisionObserver): RevisionObserver {
  return {
    firstToken: (afterMs) => {
      one.firstToken(afterMs);
      other.firstToken(afterMs);
    },
    finished: (outcome, durationMs, outputTokens) => {
      one.finished(outcome, durationMs, outputTokens);
      other.finished(outcome, durationMs, outputTokens);
    },
    rescued: () => {
      one.rescued();
      other.rescued();
    },
  };
}
