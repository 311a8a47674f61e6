/** A finished answer, to be given again as it was. */
export interface StoredAnswer {
  readonly status: number;
  /** Header lines. */
  readonly headers: readonly string[];
  readonly body: readonly Buffer[];
}

/** Held by the request that answers under a key, until `finish` or `abandon`. */
export interface Answering {
  readonly id: string;
}

export type Begun =
  | { kind: 'fresh'; answering: Answering }
  | { kind: 'inFlight' }
  | { kind: 'replay'; answer: StoredAnswer }
  /** The same key for another request. */
  | { kind: 'mismatch' };

/** `unknown`: the store did not say, so the request is answered like one without a key. */
export type Told = Begun | { kind: 'unknown' };

/** Where answers by `Idempotency-Key` are kept: here, which says so at once, or in another process, which is asked. */
export interface AnswerStore {
  /**
   * `scope` is the consumer key: nobody is answered with what another one asked. `now` is this process's clock. A
   * promise does not fail, but may never be kept.
   */
  begin(scope: string, key: string, fingerprint: string, now: number): Told | Promise<Told>;
  /** Keeps a whole answer. */
  finish(answering: Answering, answer: StoredAnswer): void;
  /** The request failed, was cut off or refused: a retry is done anew. */
  abandon(answering: Answering): void;
}
