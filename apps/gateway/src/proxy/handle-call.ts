import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Caller, type ConsumerKeys, secretFrom } from '../admission/consumer-keys.ts';
import { findRoute, keyError } from '../admission/find-route.ts';
import type { RoutingTable } from '../routing/routing-table.ts';
import type { Answers } from './answer.ts';
import type { Call, RoutedCall } from './call.ts';
import { type CallerError, callerErrors } from './caller-error.ts';
import { type Endpoint, endpointOf } from './endpoints.ts';
import { saneRequestId, traceFor } from './headers.ts';
import { listModels, showModel } from './models.ts';
import { routeCall } from './route-call.ts';

/** What requests are held against: one object per snapshot, swapped as a whole. */
export interface View {
  table: RoutingTable;
  keys: ConsumerKeys;
}

export interface CallParts {
  /** Undefined until there is a snapshot. */
  view: () => View | undefined;
  answers: Answers;
  exchange: (call: RoutedCall) => void;
  now: () => number;
  monotonicMs: () => number;
  newRequestId: () => string;
  limits: { maxBytes: number; stallMs: number };
}

const maxUrlBytes = 8_192;
const maxHeaders = 100;

/** Answers one request: what it is for, who asks, what the body names, and then off to a replica. */
export async function handleCall(request: IncomingMessage, response: ServerResponse, parts: CallParts): Promise<void> {
  const call = arrivalOf(request, response, parts);
  const endpoint = endpointOf(request.method ?? '', call.path);
  const dialect = endpoint.kind === 'listModels' || endpoint.kind === 'showModel' ? 'openai' : endpoint.dialect;
  const outcome = await outcomeOf(call, endpoint, parts);
  if (outcome.kind === 'forward') parts.exchange(outcome.call);
  if (outcome.kind === 'answer') parts.answers.json(call, 200, outcome.body);
  if (outcome.kind === 'refuse') parts.answers.error(call, dialect, outcome.error);
}

type Outcome =
  | { kind: 'forward'; call: RoutedCall }
  | { kind: 'answer'; body: string }
  | { kind: 'refuse'; error: CallerError }
  /** The caller left before it had sent everything. */
  | { kind: 'gone' };

async function outcomeOf(call: Call, endpoint: Endpoint, parts: CallParts): Promise<Outcome> {
  const refuse = (error: CallerError): Outcome => ({ kind: 'refuse', error });
  const { request } = call;
  if ((request.url ?? '').length > maxUrlBytes) return refuse(callerErrors.urlTooLong());
  if (request.rawHeaders.length > 2 * maxHeaders) return refuse(callerErrors.headersTooLarge());
  if (endpoint.kind === 'unknown') return refuse(callerErrors.unknownPath());
  if (endpoint.kind === 'methodNotAllowed') return refuse(callerErrors.methodNotAllowed(endpoint.allowed));
  const view = parts.view();
  if (view === undefined) return refuse(callerErrors.noSnapshot());
  if (endpoint.kind === 'alive') return { kind: 'answer', body: '{}' };
  const caller = view.keys.identify(secretFrom(request.headers), parts.now());
  // Nobody without a key gets to send a body, unless there is something that anyone may call.
  if (caller.kind !== 'key' && !view.table.hasOpenRoute) return refuse(keyError(caller));
  if (endpoint.kind === 'listModels') return { kind: 'answer', body: listModels(view.table, caller) };
  if (endpoint.kind === 'showModel') return shown(endpoint.name, view.table, caller);
  return routeCall(call, endpoint, caller, { view: parts.view, limits: parts.limits });
}

function shown(name: string, table: RoutingTable, caller: Caller): Outcome {
  const found = findRoute(name, table, caller);
  return found.kind === 'found'
    ? { kind: 'answer', body: showModel(found.route) }
    : { kind: 'refuse', error: found.error };
}

function arrivalOf(request: IncomingMessage, response: ServerResponse, parts: CallParts): Call {
  const target = request.url ?? '/';
  const queryAt = target.indexOf('?');
  const trace = traceFor(request.headers.traceparent, () => parts.newRequestId().replaceAll('-', ''));
  return {
    request,
    response,
    id: saneRequestId(request.headers['x-request-id']) ?? parts.newRequestId(),
    traceId: trace.traceId,
    traceparent: trace.header,
    startedAt: parts.monotonicMs(),
    path: queryAt < 0 ? target : target.slice(0, queryAt),
    query: queryAt < 0 ? '' : target.slice(queryAt),
  };
}
