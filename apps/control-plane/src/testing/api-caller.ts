import type { ApiRequest, ApiResponse } from '@signalbox/contracts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers that they expect, whatever those are
type Json = any;

export interface ApiAnswer {
  status: number;
  headers: Headers;
  body: Json;
}

export interface CallOptions {
  /** Empty: none is sent. */
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Plain fetch: what is tested is what goes over the wire. */
export interface ApiCaller {
  call(method: string, path: string, options?: CallOptions): Promise<ApiAnswer>;
  get(path: string, options?: CallOptions): Promise<ApiAnswer>;
  post(path: string, body?: unknown, options?: CallOptions): Promise<ApiAnswer>;
  delete(path: string, options?: CallOptions): Promise<ApiAnswer>;
  apply(text: string, options?: Partial<ApiRequest<'apply'>['body']>): Promise<ApiAnswer & { changes: string[] }>;
  /** A new token of this role. */
  tokenFor(role: 'viewer' | 'operator' | 'admin' | 'gateway'): Promise<string>;
}

export function apiCaller(url: string, adminToken: string): ApiCaller {
  let tokens = 0;
  const call = async (method: string, path: string, options: CallOptions = {}): Promise<ApiAnswer> => {
    const token = options.token ?? adminToken;
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: bodyText(options.body) }),
    });
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const post: ApiCaller['post'] = (path, body, options) => call('POST', path, { ...options, body: body ?? {} });
  return {
    call,
    post,
    get: (path, options) => call('GET', path, options),
    delete: (path, options) => call('DELETE', path, options),
    apply: async (text, options) => {
      const body = { source: 'test', sources: [{ file: 'test.yaml', text }], ...options };
      const answer = await post('/v1/apply', body);
      return { ...answer, changes: answer.status === 200 ? answer.body.changes.map(told) : [] };
    },
    tokenFor: async (role) => {
      tokens += 1;
      const { body } = await post('/v1/tokens', { name: `${role}-${tokens}`, role });
      return body.token;
    },
  };
}

function bodyText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function told({ kind, name, change }: ApiResponse<'apply'>['changes'][number]): string {
  return `${kind} ${name} ${change}`;
}
