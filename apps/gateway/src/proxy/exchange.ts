import type { IncomingHttpHeaders } from 'node:http';
import type { AttemptOutcome } from '../observe/observers.ts';
import { largestShare, type Pick, pick } from '../routing/pick.ts';
import { AnswerTail, outputTokensIn } from './answer-tail.ts';
import { Attempt } from './attempt.ts';
import type { RoutedCall } from './call.ts';
import { type CallerError, callerErrors, errorEvent } from './caller-error.ts';
import { EventFrames, isWholeStream } from './event-frames.ts';
import type { ExchangeParts, ExchangeSummary } from './exchange-parts.ts';
import { type Failure, finalError, isRetriableStatus, verdictOf } from './failure.ts';
import { answerHeaders, revisionHeaders } from './headers.ts';

const maxAttempts = 2;
const slowReaderMs = 60_000;
const longestTimerMs = 2 ** 31 - 1;

/**
 * Carries one call out: tries a replica, a second one if the first failed before the first byte, and passes the
 * answer on as the buffers it comes in. All of it is callbacks; nothing is allocated per frame.
 */
export class Exchange {
  readonly #call: RoutedCall;
  readonly #parts: ExchangeParts;
  readonly #failures: Failure[] = [];
  readonly #tried: Pick[] = [];
  readonly #tail = new AnswerTail();
  readonly #totalTimer: NodeJS.Timeout;
  #progressTimer: NodeJS.Timeout | undefined;
  #readerTimer: NodeJS.Timeout | undefined;
  #attempt: Attempt | undefined;
  #head: { status: number; headers: string[] } | undefined;
  #frames: EventFrames | undefined;
  #begun = false;
  #paused = false;
  #ended = false;
  #firstByteMs: number | null = null;
  #bytesOut = 0;

  constructor(call: RoutedCall, parts: ExchangeParts) {
    this.#call = call;
    this.#parts = parts;
    this.#totalTimer = setTimeout(() => this.#timedOut(), Math.min(call.route.facts.timeouts.totalMs, longestTimerMs));
  }

  start(): void {
    const { response, route } = this.#call;
    route.observer.started();
    response.on('close', () => this.#callerLeft());
    response.on('drain', () => this.#callerReads());
    const first = pick(route);
    if (first !== undefined) {
      this.#try(first);
      return;
    }
    route.observer.unserved();
    this.#answerError(callerErrors.noReplica(), 'unserved');
  }

  #try(target: Pick): void {
    const { fleet, monotonicMs } = this.#parts;
    this.#tried.push(target);
    this.#attempt = new Attempt({
      pick: target,
      startedAt: monotonicMs(),
      release: fleet.lease(target.replica),
      events: this,
    });
    const { firstByteMs } = this.#call.route.facts.timeouts;
    clearTimeout(this.#progressTimer);
    this.#progressTimer = setTimeout(() => this.#stalled(), Math.min(firstByteMs, longestTimerMs));
    this.#attempt.start(this.#call.upstream(target.backend));
  }

  /** An engine may send its head long before its first byte, and fail between: the head waits for the byte. */
  head(attempt: Attempt, status: number, headers: IncomingHttpHeaders): void {
    if (status >= 500) {
      this.#failed(attempt, { kind: 'status', status });
      return;
    }
    const isEventStream = headers['content-encoding'] === undefined && isEventStreamType(headers['content-type']);
    const passed = answerHeaders(headers, { isEventStream });
    if (passed === undefined) {
      this.#failed(attempt, { kind: 'malformed' });
      return;
    }
    this.#head = { status, headers: passed };
    this.#frames = isEventStream ? new EventFrames() : undefined;
  }

  data(attempt: Attempt, chunk: Buffer): void {
    this.#progressTimer?.refresh();
    const whole = this.#frames === undefined ? chunk : this.#frames.push(chunk);
    if (whole === undefined) return;
    if (!this.#begun) this.#begin(attempt);
    this.#tail.add(whole);
    this.#write(attempt, whole);
  }

  end(attempt: Attempt): void {
    if (!this.#begun) this.#begin(attempt);
    const rest = this.#frames?.rest();
    if (rest !== undefined) {
      this.#tail.add(rest);
      this.#write(attempt, rest);
    }
    const isOk = (this.#head?.status ?? 0) < 400;
    if (this.#frames !== undefined && isOk && !isWholeStream(this.#tail.bytes(), this.#call.streamEnd)) {
      if (rest !== undefined) this.#write(attempt, Buffer.from('\n\n'));
      this.#broke(attempt, { kind: 'malformed' }, callerErrors.streamLost());
      return;
    }
    this.#parts.fleet.attempted(attempt.pick.replica, 'good');
    this.#finishAttempt(attempt, isOk ? 'ok' : 'callerError');
    this.#call.response.end();
  }

  failed(attempt: Attempt, failure: Failure): void {
    if (this.#begun) this.#broke(attempt, failure, callerErrors.streamLost());
    else this.#failed(attempt, failure);
  }

  /** Before the first byte: the caller has seen nothing, so another replica may answer. */
  #failed(attempt: Attempt, failure: Failure): void {
    attempt.abort();
    attempt.book('error', this.#parts.monotonicMs(), 0);
    this.#parts.fleet.attempted(attempt.pick.replica, verdictOf(failure));
    this.#failures.push(failure);
    this.#head = undefined;
    this.#frames = undefined;
    const next = this.#nextPick(attempt, failure);
    if (next === undefined) {
      this.#answerError(finalError(this.#failures), 'error');
      return;
    }
    this.#parts.retried();
    this.#try(next);
  }

  #nextPick(attempt: Attempt, failure: Failure): Pick | undefined {
    if (this.#tried.length >= maxAttempts) return undefined;
    if (failure.kind === 'status' && !isRetriableStatus(failure.status)) return undefined;
    const route = this.#parts.routeNow(this.#call.route.facts.name) ?? this.#call.route;
    const other = pick(route, { tried: this.#tried.map(({ replica }) => replica), prefer: largestShare(route) });
    // The only replica: worth another connection when this one broke, since it may have been closing while idle.
    return other ?? (failure.kind === 'reset' ? attempt.pick : undefined);
  }

  #begin(attempt: Attempt): void {
    const { backend } = attempt.pick;
    const { status, headers } = this.#head ?? { status: 502, headers: [] };
    this.#begun = true;
    this.#firstByteMs = this.#parts.monotonicMs() - attempt.startedAt;
    if (status < 400) backend.observer.firstToken(this.#firstByteMs);
    for (const { backend: failing } of this.#tried.slice(0, -1)) failing.observer.rescued();
    clearTimeout(this.#progressTimer);
    const { betweenBytesMs } = this.#call.route.facts.timeouts;
    this.#progressTimer = setTimeout(() => this.#stalled(), Math.min(betweenBytesMs, longestTimerMs));
    this.#call.response.writeHead(status, [
      ...headers,
      ...this.#parts.ownHeaders(this.#call),
      ...revisionHeaders(attempt.pick),
    ]);
  }

  #write(attempt: Attempt, bytes: Buffer): void {
    const { response } = this.#call;
    if (response.destroyed) return;
    this.#bytesOut += bytes.length;
    if (response.write(bytes) || this.#paused) return;
    this.#paused = true;
    attempt.pause();
    this.#readerTimer = setTimeout(() => response.destroy(), slowReaderMs);
  }

  #callerReads(): void {
    if (!this.#paused) return;
    this.#paused = false;
    clearTimeout(this.#readerTimer);
    this.#progressTimer?.refresh();
    this.#attempt?.resume();
  }

  #callerLeft(): void {
    const attempt = this.#attempt;
    if (this.#ended || attempt === undefined) return;
    attempt.abort();
    this.#finishAttempt(attempt, 'cancelled');
  }

  #stalled(): void {
    const attempt = this.#attempt;
    if (attempt === undefined || this.#ended) return;
    if (this.#paused) {
      this.#progressTimer?.refresh();
    } else if (this.#begun) {
      attempt.abort();
      this.#broke(attempt, { kind: 'timeout' }, callerErrors.streamTimeout());
    } else {
      this.#failed(attempt, { kind: 'timeout' });
    }
  }

  #timedOut(): void {
    const attempt = this.#attempt;
    if (attempt === undefined || this.#ended) return;
    attempt.abort();
    if (this.#begun) {
      this.#broke(attempt, { kind: 'timeout' }, callerErrors.streamTimeout());
      return;
    }
    attempt.book('error', this.#parts.monotonicMs(), 0);
    this.#failures.push({ kind: 'timeout' });
    this.#answerError(callerErrors.upstreamTimeout(), 'error');
  }

  /** The gateway itself must go: no fault of the revision, and no silence for the caller. */
  cutShort(): void {
    const attempt = this.#attempt;
    if (attempt === undefined || this.#ended) return;
    attempt.abort();
    this.#finishAttempt(attempt, 'cancelled');
    if (!this.#begun) this.#parts.answerError(this.#call, callerErrors.draining());
    else this.#breakOff(callerErrors.streamLost());
  }

  /** After the first byte: a stream ends in one error event; any other answer by a connection that breaks. */
  #broke(attempt: Attempt, failure: Failure, error: CallerError): void {
    this.#parts.fleet.attempted(attempt.pick.replica, verdictOf(failure));
    this.#failures.push(failure);
    this.#finishAttempt(attempt, 'error');
    this.#breakOff(error);
  }

  #breakOff(error: CallerError): void {
    const { response, dialect, id } = this.#call;
    if (this.#frames === undefined) response.destroy();
    else response.end(errorEvent(error, dialect, id));
  }

  #finishAttempt(attempt: Attempt, outcome: AttemptOutcome): void {
    const tokens = this.#outputTokens();
    attempt.book(outcome, this.#parts.monotonicMs(), tokens);
    this.#end(outcome, this.#begun ? (this.#head?.status ?? 0) : 0, tokens);
  }

  #answerError(error: CallerError, outcome: 'error' | 'unserved'): void {
    this.#parts.answerError(this.#call, error);
    this.#end(outcome, error.status, 0);
  }

  #end(outcome: ExchangeSummary['outcome'], status: number, outputTokens: number): void {
    this.#ended = true;
    clearTimeout(this.#totalTimer);
    clearTimeout(this.#progressTimer);
    clearTimeout(this.#readerTimer);
    this.#call.route.observer.ended();
    this.#parts.ended(this.#call, {
      outcome,
      status,
      attempts: this.#tried.length,
      pick: this.#attempt?.pick,
      firstByteMs: this.#firstByteMs,
      bytesOut: this.#bytesOut,
      outputTokens,
      failures: this.#failures,
    });
  }

  /** What the engine says; from an answer that was cut short, the frames that came. */
  #outputTokens(): number {
    if (!this.#begun || (this.#head?.status ?? 0) >= 400) return 0;
    return outputTokensIn(this.#tail.bytes()) ?? this.#frames?.frames ?? 0;
  }
}

function isEventStreamType(type: string | string[] | undefined): boolean {
  return typeof type === 'string' && /^text\/event-stream\b/i.test(type);
}
