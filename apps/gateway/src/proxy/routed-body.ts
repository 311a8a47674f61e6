import type { Caller } from '../admission/consumer-keys.ts';
import { findRoute } from '../admission/find-route.ts';
import type { PendingCall } from '../callers/call-handler.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { Backend } from '../routing/routing-table.ts';
import type { Call, EngineRequest } from './call.ts';
import type { CallParts } from './call-parts.ts';
import { type CallerError, callerErrors } from './caller-error.ts';
import type { RoutedEndpoint } from './endpoints.ts';
import { type BodyScan, scanBody } from './scan-body.ts';
import { spliceModel } from './splice-model.ts';

/** A call whose body names the route, or whose path does: finds it and prepares what the engines will be sent. */
export class RoutedBody implements PendingCall {
  readonly #call: Call;
  readonly #endpoint: RoutedEndpoint;
  readonly #caller: Caller;
  readonly #parts: CallParts;
  readonly #method: 'GET' | 'POST';
  readonly #query: string;
  readonly #lines: string;

  constructor(options: {
    call: Call;
    head: RequestHead;
    endpoint: RoutedEndpoint;
    caller: Caller;
    parts: CallParts;
  }) {
    const { call, head, endpoint } = options;
    this.#call = call;
    this.#endpoint = endpoint;
    this.#caller = options.caller;
    this.#parts = options.parts;
    this.#method = head.method === 'GET' ? 'GET' : 'POST';
    this.#query = head.query;
    // It was read as JSON and is forwarded as what it was read as.
    const type =
      endpoint.kind === 'byBody' && head.contentType === undefined ? 'content-type: application/json\r\n' : '';
    this.#lines = `${head.forwarded}${type}x-request-id: ${call.id}\r\ntraceparent: ${call.traceparent}\r\n`;
  }

  get maxBodyBytes(): number {
    return this.#parts.maxBodyBytes;
  }

  refuse(problem: 'tooLarge' | 'tooSlow'): void {
    this.#answer(problem === 'tooLarge' ? callerErrors.bodyTooLarge(this.maxBodyBytes) : callerErrors.tooSlow());
  }

  proceed(body: Buffer): void {
    const target = this.#targetOf(body);
    if (target.kind === 'refused') return void this.#answer(callerErrors.malformed(target.because, target.param));
    // The snapshot of now, not of when the request began: its body may have taken a while.
    const table = this.#parts.view()?.table;
    if (table === undefined) return void this.#answer(callerErrors.noSnapshot());
    const found = findRoute(target.name, table, this.#caller);
    if (found.kind === 'refused') return void this.#answer(found.error);
    const method = this.#method;
    this.#parts.exchange({
      ...this.#call,
      keyId: this.#caller.kind === 'key' ? this.#caller.key.id : null,
      dialect: this.#endpoint.dialect,
      streamEnd: this.#endpoint.kind === 'byBody' ? this.#endpoint.streamEnd : null,
      route: found.route,
      bytesIn: body.length,
      lines: this.#lines,
      upstream: (backend: Backend): EngineRequest => ({ method, ...target.as(backend.facts.servedModelName) }),
    });
  }

  #targetOf(body: Buffer): Target {
    const endpoint = this.#endpoint;
    const query = this.#query;
    if (endpoint.kind === 'byPath') {
      const { before, after, name } = endpoint;
      const sent = body.length === 0 ? null : body;
      return {
        kind: 'named',
        name,
        as: (served) => ({ target: `${before}${encodeURIComponent(served)}${after}${query}`, body: sent }),
      };
    }
    const scan = scanBody(body);
    if (scan.kind === 'refused') return scan;
    const target = this.#call.path + query;
    return { kind: 'named', name: scan.model, as: (served) => ({ target, body: spliceModel(body, scan, served) }) };
  }

  #answer(error: CallerError): void {
    this.#parts.answers.error(this.#call, this.#endpoint.dialect, error);
  }
}

type Target =
  | Extract<BodyScan, { kind: 'refused' }>
  /** The name callers use, and target and body under the name that the engine uses. */
  | { kind: 'named'; name: string; as: (servedModelName: string) => Omit<EngineRequest, 'method'> };
