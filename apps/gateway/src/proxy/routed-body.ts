import type { Caller } from '../admission/consumer-keys.ts';
import { findKeeper, findRoute, type RouteFound } from '../admission/find-route.ts';
import type { Told } from '../admission/idempotency/answer-store.ts';
import { idempotencyErrors } from '../admission/limit-errors.ts';
import type { PendingCall } from '../callers/call-handler.ts';
import { type CallerError, invalid } from '../dialects/errors/caller-error.ts';
import { formModel } from '../dialects/multipart/multipart-model.ts';
import { type KeptResponse, keptResponse, markedId } from '../dialects/responses/keeper-mark.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { PickRequest } from '../routing/candidates.ts';
import { hashBytes, hashText } from '../routing/hash.ts';
import { pinnedRevision } from '../routing/pinned-revision.ts';
import type { Route, RoutingTable } from '../routing/routing-table.ts';
import type { BodyFacts } from './body-facts.ts';
import type { Call } from './call.ts';
import type { CallServices } from './call-services.ts';
import { callerErrors } from './caller-error.ts';
import { timeoutMs } from './deadline.ts';
import type { RoutedEndpoint } from './endpoints.ts';
import type { ModelPlace } from './engine-request.ts';
import type { Asked } from './exchanged-call.ts';
import { headerIn } from './headers.ts';
import { OpenQuestion } from './open-question.ts';
import { RoutedCall } from './routed-call.ts';
import { scanBody } from './scan-body.ts';

const noSpans: readonly number[] = [];
/** Longer than any rollout. */
const cookieSeconds = 30 * 24 * 3_600;
/**
 * How long the store of answers is waited for. Where it is another process, that has little else to do and says it at
 * once; if it hangs all the same, callers with a key are answered late and not in vain.
 */
const storeWithinMs = 1_000;

type Found = Extract<RouteFound, { kind: 'found' }>;
type Target =
  | { kind: 'named'; name: string; place: ModelPlace }
  | { kind: 'kept'; kept: KeptResponse; place: ModelPlace }
  | { kind: 'refused'; error: CallerError };

/** A call whose body or path names the route: finds it, and what of the request decides where it goes. */
export class RoutedBody implements PendingCall {
  readonly #call: Call;
  readonly #endpoint: RoutedEndpoint;
  readonly #caller: Caller;
  readonly #services: CallServices;
  readonly #method: 'GET' | 'POST';
  readonly #query: string;
  readonly #lines: string;
  readonly #headLines: string;
  #hasOwnHeaders: boolean | undefined;
  #answerLines = '';
  readonly #cookie: string | undefined;
  readonly #contentType: string | undefined;
  readonly #idempotencyKey: string | undefined;
  readonly #requestTimeout: string | undefined;
  readonly #stainlessTimeout: string | undefined;

  constructor(options: {
    call: Call;
    head: RequestHead;
    endpoint: RoutedEndpoint;
    caller: Caller;
    services: CallServices;
  }) {
    const { call, head, endpoint } = options;
    this.#call = call;
    this.#endpoint = endpoint;
    this.#caller = options.caller;
    this.#services = options.services;
    this.#method = head.method === 'GET' ? 'GET' : 'POST';
    this.#query = head.query;
    this.#headLines = head.lines;
    this.#cookie = head.cookie;
    this.#contentType = head.contentType;
    this.#idempotencyKey = head.idempotencyKey;
    this.#requestTimeout = head.requestTimeout;
    this.#stainlessTimeout = head.stainlessTimeout;
    // It was read as JSON and is forwarded as what it was read as.
    const type =
      endpoint.kind === 'byBody' && head.contentType === undefined ? 'content-type: application/json\r\n' : '';
    this.#lines = `${head.forwarded}${type}x-request-id: ${call.id}\r\ntraceparent: ${call.trace.traceparent}\r\n`;
  }

  get maxBodyBytes(): number {
    return this.#services.maxBodyBytes;
  }

  refuse(problem: 'tooLarge' | 'tooSlow'): void {
    this.#answer(problem === 'tooLarge' ? callerErrors.bodyTooLarge(this.maxBodyBytes) : callerErrors.tooSlow());
  }

  proceed(body: Buffer): void {
    const target = this.#targetOf(body);
    if (target.kind === 'refused') return void this.#answer(target.error);
    // The snapshot of now, not of when the request began: its body may have taken a while.
    const table = this.#services.view()?.table;
    if (table === undefined) return void this.#answer(callerErrors.noSnapshot());
    const found = this.#routeOf(target, table);
    if (found.kind === 'refused') return void this.#answer(found.error);
    this.#call.cors?.belongsTo(found.route.facts);
    this.#send(body, target.place, found);
  }

  #send(body: Buffer, place: ModelPlace, { route, adapter }: Found): void {
    const limit = route.facts.maxBodyBytes;
    if (limit !== undefined && body.length > limit) return void this.#answer(callerErrors.bodyTooLarge(limit));
    const deadlineAt = this.#deadlineOf(route);
    if (deadlineAt === undefined) return void this.#answer(callerErrors.badTimeout());
    const facts = place.kind === 'body' ? place.facts : undefined;
    if (facts?.background === true && this.#endpoint.api === 'responses')
      return void this.#answer(callerErrors.noBackground());
    const previous = this.#previousOf(facts);
    const keeperHash = place.kind === 'response' ? place.kept.keeperHash : previous?.keeperHash;
    const pick = this.#pickRequest(route, facts, { body, keeperHash, adapter });
    if ('error' in pick) return void this.#answer(pick.error);
    const asked = {
      request: {
        endpoint: this.#endpoint,
        method: this.#method,
        path: this.#call.path,
        query: this.#query,
        body,
        place,
        previous,
        adapter,
      },
      caller: this.#caller,
      route,
      lines: this.#lines,
      answerLines: this.#answerLines,
      pick,
      isExplained: this.#says(/^x-signalbox-explain:\s*true\s*$/im),
      promptSpans: facts?.promptSpans ?? noSpans,
      maxOutputTokens: facts?.maxOutputTokens ?? null,
      choices: facts?.choices ?? 1,
      stream: facts?.stream ?? false,
      marksIds: place.kind === 'response' || (this.#endpoint.api === 'responses' && facts?.store === true),
      deadlineAt,
    };
    if (this.#idempotencyKey === undefined || this.#caller.kind !== 'key')
      return void new RoutedCall(this.#call, asked, this.#services).start();
    this.#sendOnce(this.#idempotencyKey, this.#caller.key.id, asked);
  }

  /** Unless it was answered before; where another process has to be asked that, the call waits for its word. */
  #sendOnce(key: string, keyId: string, asked: Asked): void {
    const { stored, monotonicMs, exchange } = this.#services;
    const { path, reply } = this.#call;
    const now = monotonicMs();
    const told = stored.begin(key, { keyId, path, body: asked.request.body }, now);
    if (!(told instanceof Promise)) return void this.#goOn(told, asked);
    new OpenQuestion({
      reply,
      deadlines: exchange.deadlines,
      until: Math.min(asked.deadlineAt, now + storeWithinMs),
      settled: (settled) => this.#goOn(settled, asked),
      tooLate: (late) => stored.forget(late),
      cut: () => this.#answer(callerErrors.draining()),
    }).ask(told);
  }

  #goOn(told: Told, asked: Asked): void {
    const reply = this.#services.stored.goOn(told, this.#call.reply);
    if (reply === 'answered') return;
    if (reply === 'inFlight' || reply === 'mismatch') return void this.#answer(idempotencyErrors(reply));
    new RoutedCall({ ...this.#call, reply }, asked, this.#services).start();
  }

  #targetOf(body: Buffer): Target {
    const endpoint = this.#endpoint;
    if (endpoint.kind === 'byPath') return { kind: 'named', name: endpoint.name, place: { kind: 'path' } };
    if (endpoint.kind === 'byResponse') {
      const kept = keptResponse(endpoint.id);
      if (kept === undefined) return { kind: 'refused', error: callerErrors.responseNotFound(endpoint.id) };
      return { kind: 'kept', kept, place: { kind: 'response', kept } };
    }
    if (endpoint.kind === 'byForm') {
      const form = formModel(body, this.#contentType ?? '');
      if (form.kind === 'refused') return refused(form.because, form.param);
      return { kind: 'named', name: form.model, place: { kind: 'form', at: form } };
    }
    const scan = scanBody(body);
    if (scan.kind === 'refused') return refused(scan.because, scan.param);
    return { kind: 'named', name: scan.model, place: { kind: 'body', facts: scan } };
  }

  #routeOf(target: Exclude<Target, { kind: 'refused' }>, table: RoutingTable): RouteFound {
    if (target.kind === 'named') return findRoute(target.name, table, this.#caller);
    const route = findKeeper(target.kept.keeperHash, table, this.#caller);
    if (route !== undefined) return { kind: 'found', route };
    return { kind: 'refused', error: callerErrors.responseNotFound(markedId(target.kept)) };
  }

  /** Without a mark it is for the engine to know, whichever that is. */
  #previousOf(facts: BodyFacts | undefined): KeptResponse | undefined {
    const previous = this.#endpoint.api === 'responses' ? facts?.previousResponse : undefined;
    return previous ? keptResponse(previous.id) : undefined;
  }

  /** What the route or the caller bounds, whichever is first; undefined for a bound that is none. */
  #deadlineOf({ facts: { timeouts } }: Route): number | undefined {
    let ms = timeouts.totalMs;
    if (this.#requestTimeout !== undefined) {
      const asked = timeoutMs(this.#requestTimeout);
      if (asked === undefined) return undefined;
      ms = Math.min(ms, asked);
    }
    // Sent by official clients with each request: whoever waits no longer needs no answer.
    const stainless = this.#stainlessTimeout === undefined ? undefined : timeoutMs(this.#stainlessTimeout);
    if (stainless !== undefined) ms = Math.min(ms, stainless);
    return this.#call.startedAt + ms;
  }

  #pickRequest(
    route: Route,
    facts: BodyFacts | undefined,
    { body, keeperHash, adapter }: { body: Buffer; keeperHash: number | undefined; adapter: string | undefined },
  ): PickRequest | { error: CallerError } {
    const pinnedRevisionId = this.#pinOf(route);
    if (typeof pinnedRevisionId === 'object') return { error: pinnedRevisionId };
    const session = facts?.session ?? null;
    return {
      blocks: undefined,
      inputTokens: route.gate.estimate.input(body.length),
      maxOutputTokens: facts?.maxOutputTokens ?? 0,
      sessionHash: session === null ? null : hashBytes(body, session.start, session.end),
      stickyHash: this.#stickyHashOf(route),
      ...(pinnedRevisionId === undefined ? {} : { pinnedRevisionId }),
      ...(keeperHash === undefined ? {} : { keeperHash }),
      ...(adapter === undefined ? {} : { adapter }),
    };
  }

  /** Of what only the gateway takes: nearly no request says any of it, and one look tells. */
  #says(pattern: RegExp): boolean {
    this.#hasOwnHeaders ??= /^x-signalbox-/im.test(this.#headLines);
    return this.#hasOwnHeaders && pattern.test(this.#headLines);
  }

  /** The revision that a caller names by header, if its key may. */
  #pinOf(route: Route): string | CallerError | undefined {
    if (!this.#says(/^x-signalbox-(?:revision|model-version):/im)) return undefined;
    const wanted = {
      revision: headerIn(this.#headLines, 'x-signalbox-revision'),
      version: headerIn(this.#headLines, 'x-signalbox-model-version'),
    };
    const mayPin = this.#caller.kind === 'key' && this.#caller.key.mayPin === true;
    const pinned = pinnedRevision(
      route.backends.map(({ facts }) => facts),
      wanted,
      mayPin,
    );
    if (pinned.kind === 'revision') return pinned.revisionId;
    if (pinned.kind === 'none') return undefined;
    return pinned.kind === 'forbidden' ? callerErrors.pinForbidden() : callerErrors.pinUnknown();
  }

  #stickyHashOf({ facts: { sticky } }: Route): number | null {
    if (sticky === undefined || sticky === null) return null;
    if (sticky.by === 'key') return this.#caller.kind === 'key' ? hashText(this.#caller.key.id) : null;
    const value = sticky.by === 'header' ? headerIn(this.#headLines, sticky.name) : this.#stickyCookie(sticky.name);
    return value === undefined ? null : hashText(value);
  }

  /** A caller that brings none gets one, and stays from this request on. */
  #stickyCookie(name: string): string {
    const brought = cookieIn(this.#cookie ?? '', name);
    if (brought !== undefined) return brought;
    const value = this.#services.newRequestId();
    // Browsers send a cookie to another site only if it says that it is meant for that, which they take over TLS alone.
    const site = this.#call.cors === undefined ? 'SameSite=Lax' : 'SameSite=None; Secure';
    this.#answerLines = `set-cookie: ${name}=${value}; Path=/; Max-Age=${cookieSeconds}; HttpOnly; ${site}\r\n`;
    return value;
  }

  #answer(error: CallerError): void {
    this.#services.answers.error(this.#call, this.#endpoint.dialect, error);
  }
}

function refused(because: string, param: string | null): Target {
  return { kind: 'refused', error: invalid(400, param === null ? 'invalid_json' : 'invalid_value', because, param) };
}

function cookieIn(cookies: string, name: string): string | undefined {
  for (const cookie of cookies.split(';')) {
    const equals = cookie.indexOf('=');
    if (equals > 0 && cookie.slice(0, equals).trim() === name) return cookie.slice(equals + 1).trim();
  }
  return undefined;
}
