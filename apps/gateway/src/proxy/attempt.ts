import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { AttemptOutcome } from '../observe/observers.ts';
import type { Pick } from '../routing/pick.ts';
import { type Failure, failureOf } from './failure.ts';

export interface UpstreamRequest {
  method: 'GET' | 'POST';
  path: string;
  headers: string[];
  body: Buffer | null;
}

export interface AttemptEvents {
  head(attempt: Attempt, status: number, headers: IncomingHttpHeaders): void;
  data(attempt: Attempt, chunk: Buffer): void;
  end(attempt: Attempt): void;
  failed(attempt: Attempt, failure: Failure): void;
}

const aborted = new Error('given up by the gateway');

/** One try at one replica. Once it is over, nothing of it is heard any more and the replica's slot is free. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly pick: Pick;
  readonly startedAt: number;
  readonly #events: AttemptEvents;
  readonly #release: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;

  constructor(options: { pick: Pick; startedAt: number; events: AttemptEvents; release: () => void }) {
    this.pick = options.pick;
    this.startedAt = options.startedAt;
    this.#events = options.events;
    this.#release = options.release;
  }

  start(request: UpstreamRequest): void {
    this.pick.replica.pool.dispatch(request, this);
  }

  /** Books how it ended. Call before `abort`, which frees the replica. */
  book(outcome: AttemptOutcome, now: number, outputTokens: number): void {
    this.pick.backend.observer.finished(outcome, now - this.startedAt, outputTokens);
  }

  /** Closes the connection at once, which is how engines learn that nobody waits any more. */
  abort(): void {
    if (this.#over) return;
    this.#finish();
    this.#controller?.abort(aborted);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It was given up while it waited for its connection.
    if (this.#over) controller.abort(aborted);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (!this.#over && status >= 200) this.#events.head(this, status, headers);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#events.data(this, chunk);
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#finish();
    this.#events.end(this);
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#over) return;
    this.#finish();
    this.#events.failed(this, failureOf(error));
  }

  #finish(): void {
    this.#over = true;
    this.#release();
  }
}
