import type { IncomingHttpHeaders } from 'node:http';
import type { Pick } from '../routing/pick.ts';

/** Belong to one connection and end at the gateway, as does every header that `connection` names. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** The caller's secrets, framing that the gateway writes anew, and overrides that only the gateway may give. */
const notForwarded = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'cookie',
  'host',
  'content-length',
  'expect',
  'x-request-id',
  'traceparent',
  'x-data-parallel-rank',
  'x-stainless-timeout',
  // Frames and usage are read from what passes: engines are to answer plainly.
  'accept-encoding',
]);
const notForwardedPrefix = /^x-(?:override|gateway|signalbox|forwarded)-/;

/** Headers for the engine, flat. The gateway's own are added by whoever sends. */
export function requestHeaders(rawHeaders: readonly string[], connection: string | undefined): string[] {
  const named = connectionNames(connection);
  const headers: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    if (hopByHop.has(name) || notForwarded.has(name) || notForwardedPrefix.test(name) || named?.has(name)) continue;
    headers.push(name, rawHeaders[index + 1] as string);
  }
  return headers;
}

/** Engine's internals, and names that are the gateway's own. */
const notReturned = new Set([
  'server',
  'x-powered-by',
  'x-request-id',
  'date',
  'endpoint-load-metrics',
  'set-cookie',
  'alt-svc',
]);
const notReturnedPrefix = /^x-signalbox-/;
const maxHeaders = 100;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const unsafeValue = /[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/;

/** Headers for the caller, flat; undefined when the engine sent more than anyone should. */
export function answerHeaders(headers: IncomingHttpHeaders, options: { isEventStream: boolean }): string[] | undefined {
  const named = connectionNames(asOne(headers.connection));
  const kept: string[] = [];
  for (const name in headers) {
    if (hopByHop.has(name) || notReturned.has(name) || notReturnedPrefix.test(name) || named?.has(name)) continue;
    // An error event may follow what the engine sent: its length is not the answer's.
    if (options.isEventStream && (name === 'content-length' || name === 'cache-control')) continue;
    const values = headers[name];
    for (const value of Array.isArray(values) ? values : [values ?? ''])
      if (!unsafeValue.test(value)) kept.push(name, value);
  }
  if (kept.length > 2 * maxHeaders) return undefined;
  if (options.isEventStream) kept.push('cache-control', 'no-cache', 'x-accel-buffering', 'no');
  return kept;
}

function connectionNames(connection: string | undefined): Set<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}

function asOne(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}

const saneId = /^[A-Za-z0-9._:-]{1,128}$/;

/** The caller's id if it is harmless in logs and headers. */
export function saneRequestId(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && saneId.test(value) ? value : undefined;
}

const traceparent = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/** The caller's trace goes on under a new parent; a malformed header starts a new trace. */
export function traceFor(
  received: string | string[] | undefined,
  newHex: () => string,
): { traceId: string; header: string } {
  const match = typeof received === 'string' ? traceparent.exec(received) : null;
  const traceId = match?.[1] ?? newHex();
  return { traceId, header: `00-${traceId}-${newHex().slice(-16)}-${match?.[2] ?? '01'}` };
}

/** Who gave the answer, for the caller's own records. */
export function revisionHeaders({ backend, replica }: Pick): string[] {
  const { deployment, revision, version } = backend.facts;
  return [
    'x-signalbox-revision',
    printable(`${deployment}/${revision}`),
    'x-signalbox-model-version',
    printable(version),
    'x-signalbox-replica',
    printable(replica.id),
  ];
}

function printable(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, '?');
}
