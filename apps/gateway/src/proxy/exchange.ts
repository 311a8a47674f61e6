import type { TokenCounts } from '@signalbox/domain';
import type { ReplyOwner } from '../callers/reply.ts';
import type { Timed } from '../deadlines.ts';
import type { AnswerReader } from '../dialects/answer-reader.ts';
import type { CallerError } from '../dialects/errors/caller-error.ts';
import { engineError } from '../dialects/errors/engine-error.ts';
import { errorEvent } from '../dialects/errors/error-shape.ts';
import { readerOf } from '../dialects/reader-of.ts';
import { keeperMark } from '../dialects/responses/keeper-mark.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { AttemptOutcome } from '../observe/observers.ts';
import type { Lease } from '../routing/lease.ts';
import type { Pick } from '../routing/pick.ts';
import type { Replica } from '../routing/replica.ts';
import type { Backend } from '../routing/routing-table.ts';
import type { Failure } from '../upstream/failure.ts';
import type { UpstreamConnection, UpstreamListener } from '../upstream/upstream-connection.ts';
import { eventStreamLines, isEventStreamType, retryAfterIn, translatedLines } from './answer-lines.ts';
import { Attempts } from './attempts.ts';
import { callerErrors } from './caller-error.ts';
import { type EngineRequest, engineRequest } from './engine-request.ts';
import type { ExchangeParts } from './exchange-parts.ts';
import type { ExchangedCall, ExchangeEnd } from './exchanged-call.ts';
import { finalError, keeperGoneError, verdictOf } from './final-error.ts';
import { headersOf, revisionLines } from './headers.ts';
import { namingOf, renamingOf } from './model-names.ts';
import { pickRequestOf } from './pick-request.ts';
import { RefusalText } from './refusal-text.ts';

/** Of a replica that sends nothing for so long its health is asked sooner. */
const suspiciousMs = 500;
/** A stream is held against its reservation so often. */
const framesPerCheck = 64;

/**
 * Carries one call out: tries a replica, a second one if the first failed before the first byte, and passes the
 * answer on in the pieces it comes in. All of it is callbacks; nothing is allocated per frame but what is written.
 */
export class Exchange implements UpstreamListener, ReplyOwner, Timed {
  timedNext: Timed | undefined;
  timedPrevious: Timed | undefined;
  readonly #call: ExchangedCall;
  readonly #parts: ExchangeParts;
  readonly #attempts: Attempts;
  #pick: Pick | undefined;
  #request: EngineRequest | undefined;
  #connection: UpstreamConnection | undefined;
  #lease: Lease | undefined;
  #dispatchedAt = 0;
  #attemptAt = 0;
  #progressAt = 0;
  #head: ResponseHead | undefined;
  #reader: AnswerReader | undefined;
  #isStream = false;
  #refusal: RefusalText | undefined;
  /** Pieces of one read, to be written in one go. */
  #piece: Buffer | undefined;
  #pieces: Buffer[] | undefined;
  #framesChecked = 0;
  #begun = false;
  #paused = false;
  #ended = false;
  #firstByteAt: number | null = null;
  #bytesOut = 0;

  constructor(call: ExchangedCall, parts: ExchangeParts) {
    this.#call = call;
    this.#parts = parts;
    this.#attempts = new Attempts(call, parts);
  }

  start(): void {
    const { reply } = this.#call.call;
    const { route } = this.#call.asked;
    const { deadlines, budget, monotonicMs, router, hasher } = this.#parts;
    const now = monotonicMs();
    route.observer.started();
    reply.owner = this;
    budget.request(now);
    deadlines.enter(this);
    this.#dispatchedAt = now;
    const { asked, call } = this.#call;
    const first = router.pick(route, pickRequestOf(asked, hasher), { requestId: call.id });
    if (first !== undefined) return void this.#try(first, false);
    const keeperGone = keeperGoneError(asked.request);
    if (keeperGone !== undefined) return void this.#answerError(keeperGone, 'callerError');
    route.observer.unserved();
    this.#answerError(callerErrors.noReplica(), 'unserved');
  }

  /** The request as the first replica got it; undefined when none was sent. */
  get sent(): { request: EngineRequest; backend: Backend } | undefined {
    if (this.#request === undefined || this.#pick === undefined) return undefined;
    return { request: this.#request, backend: this.#pick.backend };
  }

  /** The gateway itself must go: no fault of the revision, and no silence for the caller. */
  cutShort(): void {
    if (this.#ended || this.#pick === undefined) return;
    this.#giveUp();
    this.#book('cancelled', null);
    const status = this.#begun ? (this.#head?.status ?? 0) : 503;
    if (!this.#begun) this.#call.answerError(callerErrors.draining());
    else this.#breakOff(callerErrors.streamLost());
    this.#end('cancelled', status);
  }

  /** The replica was found dead or hanging: who still waits for its first byte goes elsewhere. */
  replicaEjected(replica: Replica): void {
    if (this.#connection === undefined || this.#begun || this.#pick?.replica !== replica) return;
    this.#giveUp();
    this.#failed({ kind: 'timeout' });
  }

  check(now: number): void {
    if (this.#ended) return;
    if (now >= this.#call.deadlineAt) return void this.#timedOut();
    if (this.#paused) {
      this.#progressAt = now;
      return;
    }
    const silentMs = now - this.#progressAt;
    if (silentMs < suspiciousMs) return;
    this.#parts.fleet.silent((this.#pick as Pick).replica);
    const { firstByteMs, betweenBytesMs } = this.#call.asked.route.facts.timeouts;
    if (silentMs < (this.#begun ? betweenBytesMs : firstByteMs)) return;
    this.#giveUp();
    if (this.#begun) this.#broke({ kind: 'timeout' }, callerErrors.streamTimeout());
    else this.#failed({ kind: 'timeout' });
  }

  /** An engine may send its head long before its first byte, and fail between: the head waits for the byte. */
  head(head: ResponseHead): void {
    if (head.status >= 500) {
      this.#giveUp();
      this.#failed({ kind: 'status', status: head.status });
      return;
    }
    if (head.status === 429 && this.#wentElsewhere()) return;
    this.#head = head;
    if (head.status >= 400) {
      this.#refusal = new RefusalText();
      return;
    }
    const { asked } = this.#call;
    const { backend, replica } = this.#pick as Pick;
    const contentType = head.contentEncoding === undefined ? head.contentType : undefined;
    this.#isStream = contentType !== undefined && isEventStreamType(contentType);
    this.#reader = readerOf({
      api: this.#call.api,
      dialect: this.#call.dialect,
      requestId: this.#call.call.id,
      contentType,
      contentLength: head.framing === 'length' ? head.length : undefined,
      names: renamingOf(asked, backend),
      name: namingOf(asked, backend),
      mark: asked.marksIds ? keeperMark(replica.idHash) : undefined,
      hidden: this.#request?.hidden,
      isTranslated: this.#request?.isTranslated ?? false,
    });
  }

  data(bytes: Buffer): void {
    if (this.#refusal !== undefined) return void this.#readRefusal(this.#refusal, bytes);
    const whole = this.#reader?.push(bytes);
    if (whole !== undefined) this.#addPiece(whole);
  }

  flush(): void {
    this.#progressAt = this.#parts.monotonicMs();
    (this.#pick as Pick).replica.heardAt = this.#progressAt;
    const bytes = this.#takePieces();
    if (bytes === undefined) return;
    if (!this.#begun) this.#begin(this.#lengthToCome());
    this.#bytesOut += bytes.length;
    this.#call.passed(bytes);
    this.#checkReservation();
    if (this.#call.call.reply.write(bytes) || this.#paused || this.#ended) return;
    this.#paused = true;
    this.#connection?.pause();
  }

  ended(): void {
    this.#connection = undefined;
    this.#freeReplica();
    if (this.#refusal !== undefined) return void this.#refused(this.#refusal.whole());
    const { rest, isWhole } = this.#reader?.finish() ?? { rest: undefined, isWhole: false };
    if (rest !== undefined) this.#addPiece(rest);
    if (!isWhole) {
      this.#writeRest();
      this.#broke({ kind: 'malformed' }, callerErrors.streamLost());
      return;
    }
    const last = this.#takePieces();
    if (!this.#begun) this.#begin(this.#isStream ? undefined : (last?.length ?? 0));
    this.#bytesOut += last?.length ?? 0;
    if (last !== undefined) this.#call.passed(last);
    this.#parts.fleet.attempted((this.#pick as Pick).replica, 'good', this.#attemptAt);
    this.#call.call.reply.end(last);
    this.#book('ok', null);
    this.#end('ok', this.#head?.status ?? 0);
  }

  failed(failure: Failure): void {
    const isRace = failure.kind === 'reset' && this.#connection?.isReused === true;
    this.#connection = undefined;
    this.#freeReplica();
    if (!this.#begun) return void this.#failed(failure, isRace);
    this.#writeRest();
    this.#broke(failure, callerErrors.streamLost());
  }

  callerLeft(): void {
    if (this.#ended) return;
    this.#giveUp();
    this.#book('cancelled', null);
    this.#call.call.reply.abandon?.();
    this.#end('cancelled', this.#begun ? (this.#head?.status ?? 0) : 499);
  }

  callerReads(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#progressAt = this.#parts.monotonicMs();
    this.#connection?.resume();
  }

  #try(target: Pick, fresh: boolean): void {
    const { fleet, monotonicMs } = this.#parts;
    const request = engineRequest(this.#call.asked.request, target.backend);
    if (request.kind === 'refused') return void this.#answerError(request.error, 'callerError');
    this.#request = request;
    this.#pick = target;
    this.#lease = fleet.lease(target.replica, target.uncachedTokens);
    this.#attemptAt = monotonicMs();
    this.#progressAt = this.#attemptAt;
    this.#head = undefined;
    // What a first try was told, of usage or of a refusal, is not the second one's answer.
    this.#reader = undefined;
    this.#refusal = undefined;
    const { method, target: path, body } = request;
    const length = body === null && method === 'GET' ? '' : `content-length: ${body?.length ?? 0}\r\n`;
    const head = `${method} ${path} HTTP/1.1\r\nhost: ${target.replica.address}\r\n${this.#call.asked.lines}${length}\r\n`;
    this.#connection = target.replica.connections.send({ head, body }, this, fresh);
  }

  /** Before the first byte: the caller has seen nothing, so another replica may answer. */
  #failed(failure: Failure, isRace = false): void {
    const failing = this.#pick as Pick;
    this.#piece = undefined;
    this.#pieces = undefined;
    this.#parts.fleet.attempted(failing.replica, verdictOf(failure), this.#attemptAt);
    this.#book('error', failure);
    const next = this.#attempts.afterFailure(failing, failure, { isRace, isOver: this.#ended });
    if (next === undefined) return void this.#answerError(finalError(this.#attempts.failures), 'error');
    this.#parts.retried();
    this.#try(next, failure.kind === 'reset');
  }

  /** An engine that is full is healthy; another may have room. If none has, the caller hears what this one says. */
  #wentElsewhere(): boolean {
    const full = this.#pick as Pick;
    const failure = { kind: 'status', status: 429 } as const;
    const next = this.#ended ? undefined : this.#attempts.afterFull(full, failure);
    if (next === undefined) return false;
    this.#giveUp();
    this.#parts.fleet.attempted(full.replica, 'good', this.#attemptAt);
    this.#book('callerError', failure);
    this.#parts.retried();
    this.#try(next, false);
    return true;
  }

  #begin(length: number | undefined): void {
    const { reply, id } = this.#call.call;
    const { backend } = this.#pick as Pick;
    const head = this.#head as ResponseHead;
    this.#begun = true;
    this.#firstByteAt = this.#parts.monotonicMs();
    this.#lease?.prefillDone();
    backend.observer.firstToken(this.#firstByteAt - this.#attemptAt);
    this.#attempts.tellRescued();
    const call = this.#call;
    // Anthropic's clients look for the id under another name.
    const idLines = `x-request-id: ${id}\r\n${call.dialect === 'anthropic' ? `request-id: ${id}\r\n` : ''}`;
    const own = `${idLines}${revisionLines(this.#pick as Pick)}${call.ownLines()}${call.limitLines()}`;
    const passed = this.#request?.isTranslated === true ? translatedLines(this.#isStream) : head.passed;
    reply.start(head.status, (this.#isStream ? eventStreamLines(passed) : passed) + own, length);
    this.#request = undefined;
    this.#call.begun();
  }

  /** One that does not end is told as far as it goes. */
  #readRefusal(refusal: RefusalText, bytes: Buffer): void {
    refusal.add(bytes);
    if (!refusal.isFull) return;
    this.#giveUp();
    this.#refused(refusal.whole());
  }

  /** The engine says that the request is no good: its reason in the caller's words, and nobody's error. */
  #refused(body: Buffer): void {
    const { asked, call } = this.#call;
    const pick = this.#pick as Pick;
    const { status, passed } = this.#head as ResponseHead;
    this.#parts.fleet.attempted(pick.replica, 'good', this.#attemptAt);
    this.#attempts.tellRescued();
    const error = engineError(status, body, renamingOf(asked, pick.backend));
    const own = headersOf(`${revisionLines(pick)}${this.#call.limitLines()}`);
    const headers = { ...error.headers, ...(status === 429 ? retryAfterIn(passed) : {}), ...own };
    if (call.reply.isOpen) this.#call.answerError({ ...error, headers });
    this.#book('callerError', null);
    this.#end('callerError', error.status);
  }

  /** Of an answer whose engine said how long it is and which passes as it is. */
  #lengthToCome(): number | undefined {
    const isPlain =
      !this.#isStream && this.#pick?.backend.naming === undefined && this.#request?.isTranslated === false;
    const { marksIds, pick } = this.#call.asked;
    return isPlain && !marksIds && pick.adapter === undefined && this.#head?.framing === 'length'
      ? this.#head.length
      : undefined;
  }

  #addPiece(bytes: Buffer): void {
    if (this.#piece === undefined) this.#piece = bytes;
    else if (this.#pieces === undefined) this.#pieces = [bytes];
    else this.#pieces.push(bytes);
  }

  #takePieces(): Buffer | undefined {
    const first = this.#piece;
    const more = this.#pieces;
    this.#piece = undefined;
    if (more === undefined || first === undefined) return first;
    this.#pieces = undefined;
    return Buffer.concat([first, ...more]);
  }

  /** What is left of an answer that did not end as it should. */
  #writeRest(): void {
    const last = this.#takePieces();
    if (!this.#begun) this.#begin(undefined);
    if (last === undefined) return;
    this.#call.call.reply.write(last);
    this.#bytesOut += last.length;
  }

  #checkReservation(): void {
    const frames = this.#reader?.frames ?? 0;
    if (frames - this.#framesChecked < framesPerCheck) return;
    this.#framesChecked = frames;
    this.#call.outgrew(this.#reader?.usage?.output ?? frames);
  }

  #timedOut(): void {
    this.#giveUp();
    if (this.#begun) return void this.#broke({ kind: 'timeout' }, callerErrors.streamTimeout());
    const isOwnBound =
      this.#call.asked.route.facts.timeouts.totalMs > this.#call.deadlineAt - this.#call.call.startedAt;
    this.#book('error', { kind: 'timeout' });
    this.#answerError(isOwnBound ? callerErrors.deadlinePassed() : callerErrors.upstreamTimeout(), 'error');
  }

  /** After the first byte: a stream ends in one error event; any other answer by a connection that breaks. */
  #broke(failure: Failure, error: CallerError): void {
    this.#parts.fleet.attempted((this.#pick as Pick).replica, verdictOf(failure), this.#attemptAt);
    this.#book('error', failure);
    this.#breakOff(error);
    this.#end('error', this.#head?.status ?? 0);
  }

  #breakOff(error: CallerError): void {
    const { reply, id } = this.#call.call;
    reply.abandon?.();
    if (!this.#isStream) return void reply.breakOff();
    const { dialect, api } = this.#call;
    reply.end(Buffer.from(errorEvent(error, { dialect, api, frames: this.#reader?.frames ?? 0 }, id)));
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

  #book(outcome: AttemptOutcome, failure: Failure | null): void {
    const outputTokens = this.#tokens()?.output ?? 0;
    this.#attempts.book(this.#pick as Pick, { outcome, failure, startedAt: this.#attemptAt, outputTokens });
  }

  #answerError(error: CallerError, outcome: 'error' | 'unserved' | 'callerError'): void {
    this.#call.answerError(error);
    this.#end(outcome, error.status);
  }

  #end(outcome: ExchangeEnd['outcome'], status: number): void {
    this.#ended = true;
    this.#parts.deadlines.leave(this);
    const { reply } = this.#call.call;
    if (reply.owner === this) reply.owner = undefined;
    this.#call.asked.route.observer.ended();
    this.#call.ended({
      outcome,
      status,
      attempts: this.#attempts.booked,
      pick: this.#pick,
      dispatchedAt: this.#dispatchedAt,
      firstByteAt: this.#firstByteAt,
      frames: this.#reader?.frames ?? 0,
      bytesOut: this.#bytesOut,
      tokens: this.#tokens(),
      finishReason: this.#reader?.finishReason ?? null,
    });
  }

  #tokens(): TokenCounts | undefined {
    return this.#reader?.usage;
  }
}
