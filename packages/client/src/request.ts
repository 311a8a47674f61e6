import type { Operation } from '@signalbox/contracts';

/** What a caller passes, without its types: the table of operations has them. */
export interface AnyRequest {
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
}

export function requestUrl(base: string, operation: Operation, request: AnyRequest): string {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = request.params?.[name];
    if (value === undefined || value === '') throw new TypeError(`${operation.path} needs ${name}`);
    return encodeURIComponent(String(value));
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined && value !== null) query.set(name, String(value));
  }
  const suffix = query.size === 0 ? '' : `?${query}`;
  return `${base}${path}${suffix}`;
}

export interface HeaderFacts {
  userAgent: string;
  token: string | undefined;
  idempotencyKey: string | undefined;
  ifMatch: string | undefined;
  lastEventId: string | undefined;
}

const ACCEPT: Readonly<Record<Operation['answer'], string>> = {
  json: 'application/json',
  empty: 'application/json',
  events: 'text/event-stream',
  lines: 'application/x-ndjson',
};

export function requestHeaders(operation: Operation, hasBody: boolean, facts: HeaderFacts): Record<string, string> {
  // fetch would refuse it as well, with a message that quotes it.
  if (facts.token !== undefined && !/^[\x21-\x7e]+$/.test(facts.token)) {
    throw new TypeError('The token holds blanks or characters that no token can hold');
  }
  return {
    accept: `${ACCEPT[operation.answer]}, application/problem+json`,
    'user-agent': facts.userAgent,
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
    ...(facts.token === undefined ? {} : { authorization: `Bearer ${facts.token}` }),
    ...(operation.mutating && facts.idempotencyKey !== undefined ? { 'idempotency-key': facts.idempotencyKey } : {}),
    ...(facts.ifMatch === undefined ? {} : { 'if-match': facts.ifMatch }),
    ...(facts.lastEventId === undefined ? {} : { 'last-event-id': facts.lastEventId }),
  };
}

/** The base URL without a trailing slash. Credentials in it are refused: they would end up in messages and logs. */
export function baseUrl(url: string): string {
  if (!URL.canParse(url)) throw new TypeError(`${url} is not a URL; write it as http://127.0.0.1:4600`);
  const parsed = new URL(url);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw new TypeError(`${parsed.protocol}// is not supported; use http:// or https://`);
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new TypeError(`The URL of ${parsed.host} must not carry a user name or password`);
  }
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, '');
}
