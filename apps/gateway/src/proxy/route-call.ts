import type { IncomingMessage } from 'node:http';
import type { Caller } from '../admission/consumer-keys.ts';
import { findRoute } from '../admission/find-route.ts';
import type { Backend, RoutingTable } from '../routing/routing-table.ts';
import type { UpstreamRequest } from './attempt.ts';
import type { Call, RoutedCall } from './call.ts';
import { type CallerError, callerErrors } from './caller-error.ts';
import type { Endpoint } from './endpoints.ts';
import { requestHeaders } from './headers.ts';
import { readBody } from './read-body.ts';
import { type BodyScan, scanBody } from './scan-body.ts';
import { spliceModel } from './splice-model.ts';

export type Routed = { kind: 'forward'; call: RoutedCall } | { kind: 'refuse'; error: CallerError } | { kind: 'gone' };

type RoutedEndpoint = Extract<Endpoint, { kind: 'byBody' | 'byPath' }>;

/** Reads the body, finds the route that it or the path names, and prepares what the engines will be sent. */
export async function routeCall(
  call: Call,
  endpoint: RoutedEndpoint,
  caller: Caller,
  parts: { view: () => { table: RoutingTable } | undefined; limits: { maxBytes: number; stallMs: number } },
): Promise<Routed> {
  const { request } = call;
  if (endpoint.kind === 'byBody' && !isJsonType(request)) return refuse(callerErrors.unsupportedType());
  const read = await readBody(request, parts.limits);
  if (read.kind === 'gone') return { kind: 'gone' };
  if (read.kind === 'tooLarge') return refuse(callerErrors.bodyTooLarge(parts.limits.maxBytes));
  if (read.kind === 'stalled') return refuse(callerErrors.tooSlow());
  const target = targetOf(call, endpoint, read.body);
  if (target.kind === 'refused') return refuse(callerErrors.malformed(target.because, target.param));
  // The snapshot of now, not of when the request began: its body may have taken a while.
  const table = parts.view()?.table;
  if (table === undefined) return refuse(callerErrors.noSnapshot());
  const found = findRoute(target.name, table, caller);
  if (found.kind === 'refused') return refuse(found.error);
  const headers = headersFor(call, endpoint);
  const method = request.method === 'GET' ? 'GET' : 'POST';
  const upstream = (backend: Backend): UpstreamRequest => ({
    method,
    headers,
    ...target.as(backend.facts.servedModelName),
  });
  return {
    kind: 'forward',
    call: {
      ...call,
      keyId: caller.kind === 'key' ? caller.key.id : null,
      dialect: endpoint.dialect,
      streamEnd: endpoint.kind === 'byBody' ? endpoint.streamEnd : null,
      route: found.route,
      bytesIn: read.body.length,
      upstream,
    },
  };
}

type Target =
  | Extract<BodyScan, { kind: 'refused' }>
  /** The name callers use, and path and body under the name that the engine uses. */
  | { kind: 'named'; name: string; as: (servedModelName: string) => { path: string; body: Buffer | null } };

function targetOf(call: Call, endpoint: RoutedEndpoint, body: Buffer): Target {
  if (endpoint.kind === 'byPath') {
    const { before, after, name } = endpoint;
    const sent = body.length === 0 ? null : body;
    return {
      kind: 'named',
      name,
      as: (served) => ({ path: `${before}${encodeURIComponent(served)}${after}${call.query}`, body: sent }),
    };
  }
  const scan = scanBody(body);
  if (scan.kind === 'refused') return scan;
  const path = call.path + call.query;
  return { kind: 'named', name: scan.model, as: (served) => ({ path, body: spliceModel(body, scan, served) }) };
}

function headersFor(call: Call, endpoint: RoutedEndpoint): string[] {
  const { rawHeaders, headers } = call.request;
  const passed = requestHeaders(rawHeaders, headers.connection);
  passed.push('x-request-id', call.id, 'traceparent', call.traceparent);
  // It was read as JSON and is forwarded as what it was read as.
  if (endpoint.kind === 'byBody' && headers['content-type'] === undefined)
    passed.push('content-type', 'application/json');
  return passed;
}

function isJsonType({ headers }: IncomingMessage): boolean {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return false;
  const type = headers['content-type'];
  return type === undefined || /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type);
}

function refuse(error: CallerError): Routed {
  return { kind: 'refuse', error };
}
