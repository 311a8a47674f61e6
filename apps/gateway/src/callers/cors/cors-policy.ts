import type { SnapshotRoute } from '@signalbox/domain';
import { rateLimitHeaderNames } from '../../admission/limits/rate-limit-headers.ts';

/** What of a route decides which pages may call it. */
export type CorsRoute = Pick<SnapshotRoute, 'cors' | 'sticky'>;

/** What a script may read of an answer: everything that the gateway says, and what engines and limits tell callers. */
const exposedLine = `access-control-expose-headers: ${[
  'x-request-id',
  'request-id',
  'retry-after',
  'idempotent-replayed',
  'x-signalbox-revision',
  'x-signalbox-model-version',
  'x-signalbox-replica',
  'x-signalbox-queue-ms',
  ...rateLimitHeaderNames,
].join(', ')}\r\n`;

/** Headers that the gateway itself reads and that official clients send; a route's own list comes on top. */
const usualHeaders: ReadonlySet<string> = new Set([
  'accept',
  'anthropic-beta',
  'anthropic-dangerous-direct-browser-access',
  'anthropic-version',
  'authorization',
  'content-type',
  'idempotency-key',
  'openai-beta',
  'openai-organization',
  'openai-project',
  'traceparent',
  'tracestate',
  'x-api-key',
  'x-request-id',
  'x-request-timeout',
  'x-signalbox-explain',
  'x-signalbox-model-version',
  'x-signalbox-revision',
]);
const clientPrefix = 'x-stainless-';
const varyLine = 'vary: origin\r\n';
const preflightVaryLine = 'vary: origin, access-control-request-method, access-control-request-headers\r\n';

/** Header lines of an answer to a page of this origin. A denied one learns nothing but that it was asked for. */
export function corsLines(origin: string, routes: readonly CorsRoute[]): string {
  const allowed = allowing(origin, routes);
  return allowed.length === 0 ? varyLine : originLines(origin, allowed) + exposedLine + varyLine;
}

/** Header lines for a page that asks whether it may send a request; undefined when it may not. */
export function preflightLines(
  { origin, method, headers }: { origin: string; method: string; headers: string },
  routes: readonly CorsRoute[],
): string | undefined {
  const allowed = allowing(origin, routes);
  if (allowed.length === 0) return undefined;
  const names = headers
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && allowed.some((route) => allowsHeader(route, name)));
  const maxAge = Math.min(...allowed.map(({ cors }) => cors?.maxAgeSeconds ?? 0));
  return `${originLines(origin, allowed)}access-control-allow-methods: ${method}\r\n${
    names.length === 0 ? '' : `access-control-allow-headers: ${names.join(', ')}\r\n`
  }access-control-max-age: ${maxAge}\r\n${preflightVaryLine}`;
}

function allowing(origin: string, routes: readonly CorsRoute[]): CorsRoute[] {
  return routes.filter(({ cors }) => cors?.origins.includes('*') === true || cors?.origins.includes(origin) === true);
}

/**
 * The origin is repeated only where a route names it. Cookies are taken from such pages alone, and only for routes that
 * look at one: keys come in headers, so a cookie never says who calls.
 */
function originLines(origin: string, allowed: readonly CorsRoute[]): string {
  const named = allowed.filter(({ cors }) => cors?.origins.includes(origin) === true);
  if (named.length === 0) return 'access-control-allow-origin: *\r\n';
  const takesCookies = named.some(({ sticky }) => sticky?.by === 'cookie');
  return `access-control-allow-origin: ${origin}\r\n${takesCookies ? 'access-control-allow-credentials: true\r\n' : ''}`;
}

function allowsHeader({ cors, sticky }: CorsRoute, name: string): boolean {
  if (usualHeaders.has(name) || name.startsWith(clientPrefix)) return true;
  if (sticky?.by === 'header' && sticky.name === name) return true;
  return cors?.headers.some((header) => header === '*' || header.toLowerCase() === name) === true;
}
