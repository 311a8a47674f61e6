import { describe, expect, test } from '@jest/globals';
import { type CorsRoute, corsLines, preflightLines } from './cors-policy.ts';

const app = 'https://app.example.com';
const route = (origins: string[], change: Partial<CorsRoute> & { headers?: string[]; maxAge?: number } = {}) => ({
  cors: { origins, headers: change.headers ?? [], maxAgeSeconds: change.maxAge ?? 600 },
  ...(change.sticky === undefined ? {} : { sticky: change.sticky }),
});
const byCookie = { by: 'cookie', name: 'ab' } as const;

function headersIn(lines: string | undefined): Record<string, string> {
  return Object.fromEntries(
    (lines ?? '')
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line) => line.split(': ') as [string, string]),
  );
}

describe('an answer to a page', () => {
  test.each<{ name: string; routes: CorsRoute[]; origin: string | undefined; cookies?: boolean }>([
    { name: 'of a named origin names it', routes: [route([app])], origin: app },
    { name: 'of any origin, where all are allowed, names none', routes: [route(['*'])], origin: '*' },
    { name: 'of another origin says nothing', routes: [route(['https://other.example.com'])], origin: undefined },
    { name: 'of a longer origin says nothing', routes: [route([`${app}.evil.example`])], origin: undefined },
    { name: 'of another port says nothing', routes: [route([`${app}:8443`])], origin: undefined },
    { name: 'says nothing where nothing is configured', routes: [{}], origin: undefined },
    { name: 'says nothing where it is switched off', routes: [{ cors: null }], origin: undefined },
    {
      name: 'takes cookies where the route goes by one',
      routes: [route([app], { sticky: byCookie })],
      origin: app,
      cookies: true,
    },
    {
      name: 'takes none where the route goes by the key',
      routes: [route([app], { sticky: { by: 'key' } })],
      origin: app,
    },
    { name: 'takes none from any origin', routes: [route(['*'], { sticky: byCookie })], origin: '*' },
  ])('$name', ({ routes, origin, cookies = false }) => {
    const headers = headersIn(corsLines(app, routes));
    expect(headers['access-control-allow-origin']).toBe(origin);
    expect(headers['access-control-allow-credentials']).toBe(cookies ? 'true' : undefined);
    expect(headers['access-control-expose-headers'] !== undefined).toBe(origin !== undefined);
    expect(headers.vary).toBe('origin');
  });

  test('lets it read who answered, what is left of its limits, and when to come back', () => {
    const exposed = headersIn(corsLines(app, [route([app])]))['access-control-expose-headers']?.split(', ');
    expect(exposed).toEqual(
      expect.arrayContaining(['x-request-id', 'x-signalbox-revision', 'x-ratelimit-remaining-tokens', 'retry-after']),
    );
  });
});

describe('a page that asks first', () => {
  const asked = (headers = '') => ({ origin: app, method: 'POST', headers });

  test.each<{ name: string; routes: CorsRoute[]; headers?: string; want: Record<string, string> | undefined }>([
    { name: 'is told no by routes that do not know it', routes: [route(['https://other.example'])], want: undefined },
    {
      name: 'may when one of several routes allows it',
      routes: [route(['https://other.example']), route([app])],
      want: { 'access-control-allow-origin': app, 'access-control-allow-methods': 'POST' },
    },
    {
      name: 'may send what the gateway reads and what official clients send',
      routes: [route([app])],
      headers: 'Content-Type, authorization,x-stainless-os',
      want: { 'access-control-allow-headers': 'content-type, authorization, x-stainless-os' },
    },
    {
      name: 'may send what the route names besides, and nothing else',
      routes: [route([app], { headers: ['X-Tenant'] })],
      headers: 'x-tenant, x-secret',
      want: { 'access-control-allow-headers': 'x-tenant' },
    },
    {
      name: 'may send the header that keeps it on its revision',
      routes: [route([app], { sticky: { by: 'header', name: 'x-user' } })],
      headers: 'x-user',
      want: { 'access-control-allow-headers': 'x-user' },
    },
    {
      name: 'need not ask again for the shortest of the times',
      routes: [route([app], { maxAge: 60 }), route(['*'], { maxAge: 3_600 })],
      want: { 'access-control-max-age': '60' },
    },
  ])('$name', ({ routes, headers, want }) => {
    const lines = preflightLines(asked(headers), routes);
    if (want === undefined) expect(lines).toBeUndefined();
    else expect(headersIn(lines)).toMatchObject(want);
  });

  test('cannot smuggle anything into the answer', () => {
    const any = route(['*'], { headers: ['*'] });
    const lines = preflightLines(asked('x-good, x bad, x-worse: 1, é'), [any]);
    expect(headersIn(lines)['access-control-allow-headers']).toBe('x-good');
  });
});
