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

/** For the small questions that are promises. */
export class AttemptError extends Error {
  readonly failure: Failure;

  constructor(what: string, failure: Failure) {
    super(`${what}: ${failure.kind}`);
    this.failure = failure;
  }
}
