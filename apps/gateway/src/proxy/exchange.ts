import type { ReplyOwner } from '../callers/reply.ts';
import type { Timed } from '../deadlines.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { AttemptOutcome } from '../observe/observers.ts';
import type { Lease } from '../routing/lease.ts';
import { largestShare, type Pick } from '../routing/pick.ts';
import type { Failure } from '../upstream/failure.ts';
import type { UpstreamConnection, UpstreamListener, UpstreamRequest } from '../upstream/upstream-connection.ts';
import { AnswerTail, outputTokensIn } from './answer-tail.ts';
import type { RoutedCall } from './call.ts';
import { type CallerError, callerErrors, errorEvent } from './caller-error.ts';
import { EventFrames, isWholeStream } from './event-frames.ts';
import type { ExchangeParts, ExchangeSummary } from './exchange-parts.ts';
import { finalError, isRetriableStatus, verdictOf } from './final-error.ts';
import { revisionLines } from './headers.ts';

const maxAttempts = 2;
const nothingFailed: readonly Failure[] = [];

/**
 * Carries one call out: tries a replica, a second one if the first failed before the first byte, and passes the
 * answer on in the pieces it comes in. All of it is callbacks; nothing is allocated per frame but what is written.
 */
export class Exchange implements UpstreamListener, ReplyOwner, Timed {
  timedNext: Timed | undefined;
  timedPrevious: Timed | undefined;
  readonly #call: RoutedCall;
  readonly #parts: ExchangeParts;
  readonly #totalBy: number;
  #failures: Failure[] | undefined;
  #tried: Pick[] | undefined;
  #pick: Pick | undefined;
  #connection: UpstreamConnection | undefined;
  #lease: Lease | undefined;
  #attempts = 0;
  #attemptAt = 0;
  #progressAt = 0;
  #head: ResponseHead | undefined;
  #frames: EventFrames | undefined;
  #tail: AnswerTail | undefined;
  /** Pieces of one read, to be written in one go. */
  #piece: Buffer | undefined;
  #pieces: Buffer[] | undefined;
  #begun = false;
  #paused = false;
  #ended = false;
  #firstByteMs: number | null = null;
  #bytesOut = 0;

  constructor(call: RoutedCall, parts: ExchangeParts) {
    this.#call = call;
    this.#parts = parts;
    this.#totalBy = call.startedAt + call.route.facts.timeouts.totalMs;
  }

  start(): void {
    const { reply, route } = this.#call;
    const { router, deadlines, budget, monotonicMs } = this.#parts;
    route.observer.started();
    reply.owner = this;
    budget.request(monotonicMs());
    deadlines.enter(this);
    const first = router.pick(route, undefined, { requestId: this.#call.id });
    if (first !== undefined) {
      this.#try(first, false);
      return;
    }
    route.observer.unserved();
    this.#answerError(callerErrors.noReplica(), 'unserved');
  }

  /** The gateway itself must go: no fault of the revision, and no silence for the caller. */
  cutShort(): void {
    if (this.#ended || this.#pick === undefined) return;
    this.#giveUp();
    this.#book('cancelled');
    if (!this.#begun) this.#parts.answerError(this.#call, callerErrors.draining());
    else this.#breakOff(callerErrors.streamLost());
    this.#end('cancelled', this.#begun ? (this.#head?.status ?? 0) : 0);
  }

  check(now: number): void {
    if (this.#ended) return;
    if (now >= this.#totalBy) return void this.#timedOut();
    if (this.#paused) {
      this.#progressAt = now;
      return;
    }
    const { firstByteMs, betweenBytesMs } = this.#call.route.facts.timeouts;
    if (now - this.#progressAt < (this.#begun ? betweenBytesMs : firstByteMs)) return;
    this.#giveUp();
    if (this.#begun) this.#broke({ kind: 'timeout' }, callerErrors.streamTimeout());
    else this.#failed({ kind: 'timeout' });
  }

  #try(target: Pick, fresh: boolean): void {
    const { fleet, monotonicMs } = this.#parts;
    this.#attempts++;
    this.#pick = target;
    this.#lease = fleet.lease(target.replica, target.uncachedTokens);
    this.#attemptAt = monotonicMs();
    this.#progressAt = this.#attemptAt;
    this.#head = undefined;
    this.#connection = target.replica.connections.send(this.#requestFor(target), this, fresh);
  }

  #requestFor({ backend, replica }: Pick): UpstreamRequest {
    const { method, target, body } = this.#call.upstream(backend);
    const length = body === null && method === 'GET' ? '' : `content-length: ${body?.length ?? 0}\r\n`;
    return {
      head: `${method} ${target} HTTP/1.1\r\nhost: ${replica.address}\r\n${this.#call.lines}${length}\r\n`,
      body,
    };
  }

  /** An engine may send its head long before its first byte, and fail between: the head waits for the byte. */
  head(head: ResponseHead): void {
    if (head.status >= 500) {
      this.#giveUp();
      this.#failed({ kind: 'status', status: head.status });
      return;
    }
    this.#head = head;
    const isEventStream = head.contentEncoding === undefined && isEventStreamType(head.contentType);
    this.#frames = isEventStream ? new EventFrames() : undefined;
    this.#tail = new AnswerTail();
  }

  data(bytes: Buffer): void {
    const whole = this.#frames === undefined ? bytes : this.#frames.push(bytes);
    if (whole === undefined) return;
    this.#tail?.add(Buffer.from(whole));
    if (this.#piece === undefined) this.#piece = whole;
    else if (this.#pieces === undefined) this.#pieces = [whole];
    else this.#pieces.push(whole);
  }

  flush(): void {
    this.#progressAt = this.#parts.monotonicMs();
    const bytes = this.#takePieces();
    if (bytes === undefined) return;
    if (!this.#begun) this.#begin(this.#lengthToCome());
    this.#bytesOut += bytes.length;
    if (this.#call.reply.write(bytes) || this.#paused) return;
    this.#paused = true;
    this.#connection?.pause();
  }

  ended(): void {
    this.#connection = undefined;
    this.#freeReplica();
    const rest = this.#frames?.rest();
    if (rest !== undefined) this.#addPiece(rest);
    const isOk = (this.#head?.status ?? 0) < 400;
    if (this.#frames !== undefined && isOk && !isWholeStream(this.#tailBytes(), this.#call.streamEnd)) {
      this.#flushLast(rest !== undefined);
      this.#broke({ kind: 'malformed' }, callerErrors.streamLost());
      return;
    }
    const last = this.#takePieces();
    if (!this.#begun) this.#begin(this.#frames === undefined ? (last?.length ?? 0) : undefined);
    this.#bytesOut += last?.length ?? 0;
    this.#parts.fleet.attempted((this.#pick as Pick).replica, 'good');
    this.#call.reply.end(last);
    const outcome = isOk ? 'ok' : 'callerError';
    this.#book(outcome);
    this.#end(outcome, this.#head?.status ?? 0);
  }

  failed(failure: Failure): void {
    const isRace = failure.kind === 'reset' && this.#connection?.isReused === true;
    this.#connection = undefined;
    this.#freeReplica();
    if (this.#begun) this.#broke(failure, callerErrors.streamLost());
    else this.#failed(failure, isRace);
  }

  callerLeft(): void {
    if (this.#ended) return;
    this.#giveUp();
    this.#book('cancelled');
    this.#end('cancelled', this.#begun ? (this.#head?.status ?? 0) : 0);
  }

  callerReads(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#progressAt = this.#parts.monotonicMs();
    this.#connection?.resume();
  }

  /** Before the first byte: the caller has seen nothing, so another replica may answer. */
  #failed(failure: Failure, isRace = false): void {
    const { fleet } = this.#parts;
    const failing = this.#pick as Pick;
    this.#piece = undefined;
    this.#pieces = undefined;
    fleet.attempted(failing.replica, verdictOf(failure));
    this.#book('error');
    this.#tried = [...(this.#tried ?? []), failing];
    this.#failures = [...(this.#failures ?? []), failure];
    const next = this.#nextTry(failure, isRace);
    if (next === undefined) return void this.#answerError(finalError(this.#failures), 'error');
    this.#parts.retried();
    this.#try(next, failure.kind === 'reset');
  }

  #nextTry(failure: Failure, isRace: boolean): Pick | undefined {
    if (this.#attempts >= maxAttempts || this.#ended || !this.#call.reply.isOpen) return undefined;
    if (failure.kind === 'status' && !isRetriableStatus(failure.status)) return undefined;
    const route = this.#parts.routeNow(this.#call.route.facts.name) ?? this.#call.route;
    const prefer = largestShare(route);
    // A canary's failure must hurt no caller, and the keep-alive race is nobody's fault: neither is held against the budget.
    const isFree = isRace || (prefer !== undefined && prefer.revisionId !== this.#pick?.backend.revisionId);
    if (!isFree && !this.#parts.budget.take(this.#parts.monotonicMs())) return undefined;
    const tried = (this.#tried ?? []).map(({ replica }) => replica);
    const other = this.#parts.router.pick(route, undefined, { tried, prefer, requestId: this.#call.id });
    // The only replica: worth another connection when this one broke, since it may have been closing while idle.
    return other ?? (failure.kind === 'reset' ? this.#pick : undefined);
  }

  #begin(length: number | undefined): void {
    const { reply, id } = this.#call;
    const { backend } = this.#pick as Pick;
    const head = this.#head as ResponseHead;
    this.#begun = true;
    this.#lease?.prefillDone();
    this.#firstByteMs = this.#parts.monotonicMs() - this.#attemptAt;
    if (head.status < 400) backend.observer.firstToken(this.#firstByteMs);
    if (this.#tried !== undefined) for (const { backend: failing } of this.#tried) failing.observer.rescued();
    const own = `x-request-id: ${id}\r\n${revisionLines(this.#pick as Pick)}`;
    const lines = this.#frames === undefined ? head.passed : eventStreamLines(head.passed);
    reply.start(head.status, lines + own, length);
  }

  /** Of a plain answer whose engine said how long it is. */
  #lengthToCome(): number | undefined {
    return this.#frames === undefined && this.#head?.framing === 'length' ? this.#head.length : undefined;
  }

  #addPiece(bytes: Buffer): void {
    this.#tail?.add(bytes);
    if (this.#piece === undefined) this.#piece = bytes;
    else this.#pieces = [...(this.#pieces ?? []), bytes];
  }

  #takePieces(): Buffer | undefined {
    const first = this.#piece;
    const more = this.#pieces;
    this.#piece = undefined;
    if (more === undefined || first === undefined) return first;
    this.#pieces = undefined;
    return Buffer.concat([first, ...more]);
  }

  /** What is left of a stream that did not end as it should; half a frame is closed, so that an event may follow. */
  #flushLast(isHalf: boolean): void {
    if (isHalf) this.#addPiece(Buffer.from('\n\n'));
    const last = this.#takePieces();
    if (!this.#begun) this.#begin(undefined);
    if (last !== undefined) this.#call.reply.write(last);
    this.#bytesOut += last?.length ?? 0;
  }

  #timedOut(): void {
    this.#giveUp();
    if (this.#begun) return void this.#broke({ kind: 'timeout' }, callerErrors.streamTimeout());
    this.#book('error');
    this.#failures = [...(this.#failures ?? []), { kind: 'timeout' }];
    this.#answerError(callerErrors.upstreamTimeout(), 'error');
  }

  /** After the first byte: a stream ends in one error event; any other answer by a connection that breaks. */
  #broke(failure: Failure, error: CallerError): void {
    this.#parts.fleet.attempted((this.#pick as Pick).replica, verdictOf(failure));
    this.#failures = [...(this.#failures ?? []), failure];
    this.#book('error');
    this.#breakOff(error);
    this.#end('error', this.#head?.status ?? 0);
  }

  #breakOff(error: CallerError): void {
    const { reply, dialect, id } = this.#call;
    if (this.#frames === undefined) reply.breakOff();
    else reply.end(Buffer.from(errorEvent(error, dialect, id)));
  }

  /** Closes the connection at once, which is how engines learn that nobody waits any more. */
  #giveUp(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
    this.#freeReplica();
  }

  #freeReplica(): void {
    this.#lease?.end();
    this.#lease = undefined;
  }

  #book(outcome: AttemptOutcome): void {
    const { backend } = this.#pick as Pick;
    backend.observer.finished(outcome, this.#parts.monotonicMs() - this.#attemptAt, this.#outputTokens());
  }

  #answerError(error: CallerError, outcome: 'error' | 'unserved'): void {
    this.#parts.answerError(this.#call, error);
    this.#end(outcome, error.status);
  }

  #end(outcome: ExchangeSummary['outcome'], status: number): void {
    this.#ended = true;
    this.#parts.deadlines.leave(this);
    if (this.#call.reply.owner === this) this.#call.reply.owner = undefined;
    this.#call.route.observer.ended();
    this.#parts.ended(this.#call, {
      outcome,
      status,
      attempts: this.#attempts,
      pick: this.#pick,
      firstByteMs: this.#firstByteMs,
      bytesOut: this.#bytesOut,
      outputTokens: this.#outputTokens(),
      failures: this.#failures ?? nothingFailed,
    });
  }

  #tailBytes(): Buffer {
    return this.#tail?.bytes() ?? Buffer.alloc(0);
  }

  /** What the engine says; from an answer that was cut short, the frames that came. */
  #outputTokens(): number {
    if (!this.#begun || (this.#head?.status ?? 0) >= 400) return 0;
    return outputTokensIn(this.#tailBytes()) ?? this.#frames?.frames ?? 0;
  }
}

function isEventStreamType(type: string | undefined): boolean {
  return type !== undefined && /^text\/event-stream\b/i.test(type);
}

const cacheControl = /^cache-control:[^\r]*\r\n/gim;

function eventStreamLines(passed: string): string {
  return `${passed.replace(cacheControl, '')}cache-control: no-cache\r\nx-accel-buffering: no\r\n`;
}
