import { type Caller, secretFrom } from '../admission/consumer-keys.ts';
import { findRoute, keyError } from '../admission/find-route.ts';
import { tooManyBadKeys } from '../admission/limit-errors.ts';
import type { CallHandler, Peer, PendingCall } from '../callers/call-handler.ts';
import { CorsReply } from '../callers/cors/cors-reply.ts';
import type { Reply } from '../callers/reply.ts';
import type { CallerError } from '../dialects/errors/caller-error.ts';
import type { RequestHead } from '../http1/request-head.ts';
import { traceContext } from '../observe/trace-context.ts';
import type { Call } from './call.ts';
import type { CallServices } from './call-services.ts';
import { callerErrors } from './caller-error.ts';
import { endpointOf } from './endpoints.ts';
import { saneRequestId } from './headers.ts';
import { listModels, showModel } from './models.ts';
import { answerPreflight } from './preflight.ts';
import { RoutedBody } from './routed-body.ts';

const maxUrlBytes = 8_192;
const maxHeaders = 100;

/** What one request is for and who asks: decided by its head, so that nobody unknown gets to send a body. */
export class Reception implements CallHandler {
  readonly #services: CallServices;

  constructor(services: CallServices) {
    this.#services = services;
  }

  begin(head: RequestHead, reply: Reply, peer: Peer): PendingCall | undefined {
    const { answers, view: currentView, now } = this.#services;
    const call = this.#arrivalOf(head, reply, peer);
    if (call.cors !== undefined && answerPreflight(head, { id: call.id, reply }, currentView()?.table))
      return undefined;
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
    if (caller.kind === 'unknown') {
      const waitMs = this.#services.badKeys.failed(peer.address, this.#services.monotonicMs());
      if (waitMs !== undefined) return refuse(tooManyBadKeys(waitMs));
    }
    // Nobody without a key gets to send a body, unless there is something that anyone may call.
    if (caller.kind !== 'key' && !view.table.hasOpenRoute) return refuse(keyError(caller));
    if (endpoint.kind === 'listModels') return void answers.json(call, 200, listModels(view.table, caller));
    if (endpoint.kind === 'showModel') return this.#show(call, endpoint.name, caller, refuse);
    if (endpoint.kind === 'byBody' && !isJson(head)) return refuse(callerErrors.unsupportedType());
    if (endpoint.kind === 'byForm' && !isForm(head)) return refuse(callerErrors.unsupportedForm());
    return new RoutedBody({ call, head, endpoint, caller, services: this.#services });
  }

  #show(call: Call, name: string, caller: Caller, refuse: (error: CallerError) => undefined): undefined {
    const table = this.#services.view()?.table;
    if (table === undefined) return refuse(callerErrors.noSnapshot());
    const found = findRoute(name, table, caller);
    if (found.kind === 'refused') return refuse(found.error);
    call.cors?.belongsTo(found.route.facts);
    return void this.#services.answers.json(call, 200, showModel(found.route, name));
  }

  #corsOf(origin: string, reply: Reply): CorsReply | undefined {
    const routes = this.#services.view()?.table.corsRoutes ?? [];
    return routes.length === 0 ? undefined : new CorsReply(reply, origin, routes);
  }

  #arrivalOf(head: RequestHead, reply: Reply, { path: way }: Peer): Call {
    const { newRequestId, monotonicMs, trace } = this.#services;
    // Nearly no request comes from a page: the others cost this one look.
    const cors = head.origin === undefined ? undefined : this.#corsOf(head.origin, reply);
    return {
      reply: cors ?? reply,
      cors,
      id: saneRequestId(head.requestId) ?? newRequestId(),
      trace: traceContext(head.traceparent, trace),
      startedAt: monotonicMs(),
      path: head.path,
      way,
    };
  }
}

const jsonType = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

function isJson({ contentType, contentEncoding }: RequestHead): boolean {
  if (contentEncoding !== undefined && contentEncoding !== 'identity') return false;
  return contentType === undefined || contentType === 'application/json' || jsonType.test(contentType);
}

function isForm({ contentType, contentEncoding }: RequestHead): boolean {
  if (contentEncoding !== undefined && contentEncoding !== 'identity') return false;
  return contentType !== undefined && /^multipart\/form-data\s*;/i.test(contentType);
}
