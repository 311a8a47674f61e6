import type { PriorityClass, RoutingDecision, TokenCounts, UsageExactness, UsageOutcome } from '@signalbox/domain';
import { limitError, queueError } from '../admission/limit-errors.ts';
import type { Bucket } from '../admission/limits/bucket.ts';
import { anthropicLimitLines, rateLimitLines } from '../admission/limits/rate-limit-headers.ts';
import { Reservation } from '../admission/limits/reservation.ts';
import type { Place, QueueRefusal, QueueTicket } from '../admission/queue/ticket.ts';
import type { ReplyOwner } from '../callers/reply.ts';
import type { AnswerApi, Dialect } from '../dialects/dialect.ts';
import type { CallerError } from '../dialects/errors/caller-error.ts';
import type { CaptureTap } from '../observe/capture/capture.ts';
import type { Reservation as UsageReservation } from '../usage/open-reservations.ts';
import type { Call } from './call.ts';
import type { CallServices } from './call-services.ts';
import type { Dispatched } from './dispatcher.ts';
import { Exchange } from './exchange.ts';
import type { Asked, ExchangedCall, ExchangeEnd } from './exchanged-call.ts';
import { headersOf } from './headers.ts';

const noTokens: TokenCounts = { input: 0, cached: 0, output: 0, reasoning: 0 };
const noBuckets: readonly Bucket[] = [];
const noBody = Buffer.alloc(0);

/**
 * A call from its admission to its books: limits are reserved, it waits its turn, a line on the disk says that it is
 * under way, the exchange carries it out, and what it truly used is settled with everyone.
 */
export class RoutedCall implements ExchangedCall, QueueTicket, ReplyOwner, Dispatched {
  readonly call: Call;
  readonly asked: Asked;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly bytes: number;
  place: Place | undefined;
  readonly #services: CallServices;
  readonly #startedWall: number;
  readonly #reservation = new Reservation();
  #usage: UsageReservation | undefined;
  #exchange: Exchange | undefined;
  #capture: CaptureTap | null = null;
  #routing: readonly RoutingDecision[] | undefined;
  #queuedMs = 0;
  /** Known when it is over, and the same in all that tell of it. */
  #durationMs = 0;
  #inFlight = false;
  #over = false;

  constructor(call: Call, asked: Asked, services: CallServices) {
    const { gate } = asked.route;
    this.call = call;
    this.asked = asked;
    this.#services = services;
    this.#startedWall = services.now();
    this.bytes = asked.request.body.length;
    this.inputTokens = gate.estimate.input(this.bytes);
    this.outputTokens = gate.estimate.output(asked.maxOutputTokens, gate.mostOutputTokens, asked.choices);
  }

  get tenant(): string {
    return this.keyId ?? this.asked.route.facts.project;
  }

  get weight(): number {
    const { caller } = this.asked;
    return caller.kind === 'key' ? (caller.key.weight ?? 1) : 1;
  }

  get priority(): PriorityClass {
    const { caller } = this.asked;
    return caller.kind === 'key' ? (caller.key.priority ?? 'standard') : 'standard';
  }

  get deadlineAt(): number {
    return this.asked.deadlineAt;
  }

  get keyId(): string | null {
    const { caller } = this.asked;
    return caller.kind === 'key' ? caller.key.id : null;
  }

  get dialect(): Dialect {
    return this.asked.request.endpoint.dialect;
  }

  get api(): AnswerApi {
    return this.asked.request.endpoint.api;
  }

  get #keyLimits(): readonly Bucket[] {
    const { caller } = this.asked;
    return caller.kind === 'key' ? caller.limits : noBuckets;
  }

  start(): void {
    const { gate } = this.asked.route;
    const { monotonicMs, limited } = this.#services;
    const now = monotonicMs();
    const refusal = this.#reservation.reserve(this.#keyLimits, gate.limits, this.inputTokens, this.outputTokens, now);
    if (refusal !== undefined) {
      limited(refusal.limit.of, refusal.limit.per);
      this.#refuse(limitError(refusal, headersOf(this.limitLines())));
      return;
    }
    const turn = gate.queue === undefined ? 'go' : gate.queue.enter(this, now);
    if (turn === 'go') return void this.#go();
    this.call.reply.owner = this;
    if (turn !== 'queued') this.refused(turn);
  }

  /** Its turn after a wait. */
  admitted(waitedMs: number): void {
    this.#queuedMs = waitedMs;
    this.#go();
  }

  /** It does not get its turn. */
  refused(refusal: QueueRefusal): void {
    const now = this.#services.monotonicMs();
    this.#queuedMs = now - this.call.startedAt;
    this.#reservation.release(now);
    this.#services.shed(refusal.outcome);
    this.#refuse(queueError(refusal));
  }

  /** While it waits; later the exchange hears of it. */
  callerLeft(): void {
    const now = this.#services.monotonicMs();
    const { gate } = this.asked.route;
    const waited = gate.queue?.leave(this, now) === true;
    if (waited) this.#reservation.release(now);
    // It has not been sent to an engine: a retry under its key is done anew.
    this.call.reply.abandon?.();
    this.#end(this.#unsent('cancelled', 499));
  }

  callerReads(): void {}

  dispatch(): void {
    if (this.#over) return;
    this.#exchange = new Exchange(this, this.#services.exchange);
    this.#exchange.start();
    const { explanations } = this.#services;
    if (!this.#over)
      this.#routing = explanations.whenSent({ requestId: this.call.id, isAsked: this.asked.isExplained });
    const { shadow } = this.asked.route;
    if (shadow === undefined) return;
    const { sent } = this.#exchange;
    if (sent !== undefined) this.#services.shadows.offer(this.call.id, this.asked, shadow, sent);
  }

  /** Of a stream that outgrows what was reserved for it. */
  outgrew(outputTokens: number): void {
    this.#reservation.outgrew(outputTokens, this.#services.monotonicMs());
  }

  /** No other replica will be asked: a stream may be open for an hour, and its prompt need not wait with it. */
  begun(): void {
    if (this.#capture === null) this.asked.request.body = noBody;
  }

  /** A piece of the answer, as the caller gets it. */
  passed(bytes: Buffer): void {
    this.#capture?.answer(bytes);
  }

  answerError(error: CallerError): void {
    this.#services.answers.error(this.call, this.dialect, error);
  }

  /** Header lines that tell the caller what is left of its limits. */
  limitLines(): string {
    const limits = this.#keyLimits;
    const ofRoute = this.asked.route.gate.limits;
    if (limits.length === 0 && ofRoute.length === 0) return '';
    const { monotonicMs, now: wallNow } = this.#services;
    const now = monotonicMs();
    return this.dialect === 'anthropic'
      ? anthropicLimitLines(limits, ofRoute, { now, wallNow: wallNow() })
      : rateLimitLines(limits, ofRoute, now);
  }

  ownLines(): string {
    const { answerLines } = this.asked;
    return this.#queuedMs > 0 ? `${answerLines}x-signalbox-queue-ms: ${Math.round(this.#queuedMs)}\r\n` : answerLines;
  }

  ended(end: ExchangeEnd): void {
    this.#end(end);
  }

  #go(): void {
    const { route } = this.asked;
    const { book, dispatcher, capture, began } = this.#services;
    route.gate.inFlight++;
    this.#inFlight = true;
    this.call.reply.owner = this;
    began();
    this.#capture = capture?.begin(route.facts, this.call.id) ?? null;
    this.#usage = book?.reserve(this.#admitted());
    dispatcher.add(this);
  }

  #admitted() {
    const { call, asked } = this;
    return {
      requestId: call.id,
      traceId: call.trace.traceId,
      route: asked.route.facts,
      keyId: this.keyId,
      priority: this.priority,
      operation: call.path,
      stream: asked.stream,
      startedAt: this.#startedWall,
      reserved: { input: this.inputTokens, output: Number.isFinite(this.outputTokens) ? this.outputTokens : 0 },
    };
  }

  #refuse(error: CallerError): void {
    this.answerError(error);
    this.#over = true;
    this.#durationMs = this.#services.monotonicMs() - this.call.startedAt;
    const end = this.#unsent('refused', error.status);
    this.#services.book?.record(this.#admitted(), this.#settlement(end, noTokens, 'none'));
    this.#services.dispatcher.soon();
    this.#tell(end, noTokens, 'none');
  }

  #unsent<Outcome extends UsageOutcome>(outcome: Outcome, status: number) {
    return {
      outcome,
      status,
      attempts: [],
      pick: undefined,
      dispatchedAt: 0,
      firstByteAt: null,
      frames: 0,
      bytesOut: 0,
      tokens: undefined,
      finishReason: null,
    };
  }

  #end(end: ExchangeEnd): void {
    if (this.#over) return;
    this.#over = true;
    if (this.call.reply.owner === this) this.call.reply.owner = undefined;
    const { monotonicMs, book, dispatcher, done, capture } = this.#services;
    const now = monotonicMs();
    this.#durationMs = now - this.call.startedAt;
    const { gate } = this.asked.route;
    const exactness = exactnessOf(end);
    const tokens = end.tokens ?? noTokens;
    this.#reservation.settle(tokens.input, tokens.output, now);
    if (exactness === 'exact') gate.estimate.learn(this.bytes, tokens.input, tokens.output / this.asked.choices);
    if (this.#inFlight) {
      gate.inFlight--;
      gate.queue?.released(this, tokens.input, tokens.output, now);
      done();
    }
    if (this.#usage !== undefined) {
      if (end.outcome === 'error' || end.attempts.length > 1)
        this.#routing = this.#services.explanations.whenTroubled(this.call.id) ?? this.#routing;
      book?.settle(this.#usage, this.#settlement(end, tokens, exactness));
      dispatcher.soon();
    }
    const summary = this.#tell(end, tokens, exactness);
    if (this.#capture !== null) capture?.ended(summary, this.asked.request.body, this.#capture);
  }

  #settlement(
    end: Omit<ExchangeEnd, 'outcome'> & { outcome: UsageOutcome },
    tokens: TokenCounts,
    exactness: UsageExactness,
  ) {
    const { startedAt } = this.call;
    return {
      backend: end.pick?.backend.facts ?? null,
      replicaId: end.pick?.replica.id ?? null,
      queuedMs: this.#queuedMs,
      firstByteMs: end.firstByteAt === null ? null : end.firstByteAt - startedAt,
      durationMs: this.#durationMs,
      status: end.status,
      outcome: end.outcome,
      attempts: end.attempts.length,
      tokens,
      exactness,
      bytesIn: this.bytes,
      bytesOut: end.bytesOut,
      routing: this.#routing,
    };
  }

  #tell(end: Omit<ExchangeEnd, 'outcome'> & { outcome: UsageOutcome }, tokens: TokenCounts, exactness: UsageExactness) {
    const { call, asked } = this;
    const { trace } = call;
    const summary = {
      requestId: call.id,
      traceId: trace.traceId,
      parentSpanId: trace.parentSpanId,
      spanId: trace.spanId,
      sampled: trace.sampled,
      operation: call.path,
      dialect: this.dialect,
      stream: asked.stream,
      keyId: this.keyId,
      priority: this.priority,
      route: asked.route.facts,
      backend: end.pick?.backend.facts ?? null,
      replicaId: end.pick?.replica.id ?? null,
      path: call.way,
      startedAt: this.#startedWall,
      queuedMs: this.#queuedMs,
      dispatchedMs: end.dispatchedAt === 0 ? null : end.dispatchedAt - call.startedAt,
      firstByteMs: end.firstByteAt === null ? null : end.firstByteAt - call.startedAt,
      durationMs: this.#durationMs,
      status: end.status,
      outcome: end.outcome,
      attempts: end.attempts,
      tokens,
      exactness,
      finishReason: end.finishReason,
      frames: end.frames,
      bytesIn: this.bytes,
      bytesOut: end.bytesOut,
      maxOutputTokens: asked.maxOutputTokens,
      choices: asked.choices,
    };
    this.#services.ended(summary);
    return summary;
  }
}

/** The engine's own last word is exact; its word so far, of an answer that was cut, is partial. */
function exactnessOf({ tokens, outcome }: ExchangeEnd): UsageExactness {
  if (tokens === undefined) return 'none';
  return outcome === 'ok' || outcome === 'callerError' ? 'exact' : 'partial';
}
