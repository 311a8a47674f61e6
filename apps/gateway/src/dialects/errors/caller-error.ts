/** An error that the gateway itself answers with; it names nothing of what is behind it. */
export interface CallerError {
  status: number;
  type:
    | 'invalid_request_error'
    | 'rate_limit_error'
    | 'insufficient_quota'
    | 'server_overloaded'
    | 'service_unavailable'
    | 'server_error';
  code: string;
  message: string;
  param?: string | null;
  headers?: Readonly<Record<string, string>>;
}

/** The caller's own mistake. */
export function invalid(status: number, code: string, message: string, param: string | null = null): CallerError {
  return { status, type: 'invalid_request_error', code, message, param };
}

/** Given back once our tries are spent, so that the client's own retries do not multiply them. */
const givenUp = { 'x-should-retry': 'false' } as const;

/** The engine's or the gateway's fault. */
export function failed(status: number, code: string, message: string): CallerError {
  return { status, type: 'server_error', code, message, param: null, headers: givenUp };
}

/** Whole seconds for everyone, rounded up so that a retry on time succeeds; the exact wait for clients that read it. */
export function retryAfter(ms: number): Readonly<Record<string, string>> {
  const wait = Math.max(0, Math.ceil(ms));
  return { 'retry-after': String(Math.ceil(wait / 1000)), 'retry-after-ms': String(wait) };
}

/** What a caller sent is given back shortened and without control characters. */
export function shown(name: string): string {
  const printable = name.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
  return JSON.stringify(printable.length > 100 ? `${printable.slice(0, 100)}…` : printable);
}
