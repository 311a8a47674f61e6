import { secretFrom } from '../admission/consumer-keys.ts';
import { findRoute, keyError } from '../admission/find-route.ts';
import type { CallHandler, Peer, PendingCall } from '../callers/call-handler.ts';
import type { Reply } from '../callers/reply.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { Call } from './call.ts';
import type { CallParts } from './call-parts.ts';
import { type CallerError, callerErrors } from './caller-error.ts';
import { endpointOf } from './endpoints.ts';
import { saneRequestId, traceFor } from './headers.ts';
import { listModels, showModel } from './models.ts';
import { RoutedBody } from './routed-body.ts';

const maxUrlBytes = 8_192;
const maxHeaders = 100;

/** What one request is for and who asks: decided by its head, so that nobody unknown gets to send a body. */
export class Reception implements CallHandler {
  readonly #parts: CallParts;

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  begin(head: RequestHead, reply: Reply, _peer: Peer): PendingCall | undefined {
    const { answers, view: currentView, now } = this.#parts;
    const call = this.#arrivalOf(head, reply);
    const endpoint = endpointOf(head.method, head.path);
    const dialect = endpoint.kind === 'listModels' || endpoint.kind === 'showModel' ? 'openai' : endpoint.dialect;
    const refuse = (error: CallerError): undefined => void answers.error(call, dialect, error);
    if (head.path.length + head.query.length > maxUrlBytes) return refuse(callerErrors.urlTooLong());
    if (head.headers > maxHeaders) return refuse(callerErrors.headersTooLarge());
    if (endpoint.kind === 'unknown') return refuse(callerErrors.unknownPath());
    if (endpoint.kind === 'methodNotAllowed') return refuse(callerErrors.methodNotAllowed(endpoint.allowed));
    const view = currentView();
    if (view === undefined) return refuse(callerErrors.noSnapshot());
    if (endpoint.kind === 'alive') return void answers.json(call, 200, '{}');
    const caller = view.keys.identify(secretFrom(head.authorization, head.apiKey), now());
    // Nobody without a key gets to send a body, unless there is something that anyone may call.
    if (caller.kind !== 'key' && !view.table.hasOpenRoute) return refuse(keyError(caller));
    if (endpoint.kind === 'listModels') return void answers.json(call, 200, listModels(view.table, caller));
    if (endpoint.kind === 'showModel') {
      const found = findRoute(endpoint.name, view.table, caller);
      if (found.kind === 'refused') return refuse(found.error);
      return void answers.json(call, 200, showModel(found.route));
    }
    if (endpoint.kind === 'byBody' && !isJson(head)) return refuse(callerErrors.unsupportedType());
    return new RoutedBody({ call, head, endpoint, caller, parts: this.#parts });
  }

  #arrivalOf(head: RequestHead, reply: Reply): Call {
    const { newRequestId, monotonicMs } = this.#parts;
    const trace = traceFor(head.traceparent, () => newRequestId().replaceAll('-', ''));
    return {
      reply,
      id: saneRequestId(head.requestId) ?? newRequestId(),
      traceId: trace.traceId,
      traceparent: trace.header,
      startedAt: monotonicMs(),
      path: head.path,
    };
  }
}

const jsonType = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

function isJson({ contentType, contentEncoding }: RequestHead): boolean {
  if (contentEncoding !== undefined && contentEncoding !== 'identity') return false;
  return contentType === undefined || contentType === 'application/json' || jsonType.test(contentType);
}
