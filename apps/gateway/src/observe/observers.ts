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

/** How a copy ended; `cancelled` says nothing about its revision: it made way, or the gateway left. */
export type ShadowOutcome = AttemptOutcome;

/** Why a request that was to be copied was not. */
export type ShadowDrop = (typeof SHADOW_DROPS)[number];
export const SHADOW_DROPS = [
  /** No replica of the revision works. */
  'noReplica',
  /** Those that do have no room to spare. */
  'full',
  'concurrency',
  'bytes',
  'callersWait',
  /** It could leave something behind, or the revision does not know its kind. */
  'unsuitable',
  'closing',
] as const;

/** What is measured of copies, apart from what callers' requests are measured by. */
export interface ShadowObserver {
  dropped(because: ShadowDrop): void;
  firstByte(afterMs: number): void;
  ended(outcome: ShadowOutcome, durationMs: number, outputTokens: number): void;
}
