import type { Dialect } from './endpoints.ts';

/** An error that the gateway itself answers with; it names nothing of what is behind it. */
export interface CallerError {
  status: number;
  type: 'invalid_request_error' | 'server_error' | 'service_unavailable' | 'rate_limit_error' | 'server_overloaded';
  code: string;
  message: string;
  param?: string | null;
  headers?: Readonly<Record<string, string>>;
}

const invalid = (status: number, code: string, message: string, param: string | null = null): CallerError => ({
  status,
  type: 'invalid_request_error',
  code,
  message,
  param,
});
const close = { connection: 'close' } as const;
const givenUp = { 'x-should-retry': 'false' } as const;

export const callerErrors = {
  keyMissing: () => invalid(401, 'invalid_api_key', 'Send a key: Authorization: Bearer <key>.'),
  keyUnknown: () => invalid(401, 'invalid_api_key', 'The key is not valid; it may have been revoked or have expired.'),
  forbidden: (name: string) =>
    invalid(403, 'permission_denied', `This key may not call the model ${shown(name)}.`, 'model'),
  modelNotFound: (name: string) =>
    invalid(
      404,
      'model_not_found',
      `There is no model ${shown(name)}. GET /v1/models lists those you may call.`,
      'model',
    ),
  unknownPath: () => invalid(404, 'unknown_url', 'There is no such path here.'),
  methodNotAllowed: (allowed: string): CallerError => ({
    ...invalid(405, 'method_not_allowed', `Use ${allowed}.`),
    headers: { allow: allowed },
  }),
  malformed: (because: string, param: string | null): CallerError =>
    invalid(400, param === null ? 'invalid_json' : 'invalid_value', because, param),
  unsupportedType: () =>
    invalid(415, 'unsupported_media_type', 'Send JSON: Content-Type: application/json, without Content-Encoding.'),
  bodyTooLarge: (limitBytes: number): CallerError => ({
    ...invalid(413, 'request_too_large', `The body is larger than ${limitBytes} bytes.`),
    headers: close,
  }),
  urlTooLong: () => invalid(414, 'request_too_large', 'The URL is too long.'),
  headersTooLarge: (): CallerError => ({
    ...invalid(431, 'request_too_large', 'The headers are too large or too many.'),
    headers: close,
  }),
  badFraming: (): CallerError => ({
    ...invalid(400, 'bad_request', 'The request is not well-formed HTTP/1.1.'),
    headers: close,
  }),
  tooSlow: (): CallerError => ({
    ...invalid(408, 'request_timeout', 'The request did not arrive in time.'),
    headers: close,
  }),
  noReplica: (): CallerError => unavailable('no_replica', 'No replica of this model can serve now. Try again shortly.'),
  noSnapshot: (): CallerError => unavailable('not_ready', 'The gateway is starting. Try again shortly.'),
  draining: (): CallerError => unavailable('draining', 'The gateway is being replaced. Try again.'),
  engineFailed: (status: number): CallerError => ({
    ...failed(status, 'upstream_failed', 'The model failed on this request.'),
    headers: givenUp,
  }),
  upstreamFailed: (): CallerError => ({
    ...failed(502, 'upstream_failed', 'The connection to the model was lost before it answered.'),
    headers: givenUp,
  }),
  upstreamTimeout: (): CallerError => ({
    ...failed(504, 'upstream_timeout', 'The model did not answer in time.'),
    headers: givenUp,
  }),
  streamLost: (): CallerError =>
    failed(502, 'upstream_failed', 'The model was lost while it answered; the answer is not whole.'),
  streamTimeout: (): CallerError =>
    failed(504, 'upstream_timeout', 'The model stopped answering; the answer is not whole.'),
  unexpected: (): CallerError => failed(500, 'internal_error', 'The gateway failed on this request.'),
} as const;

/** The body of an error in the shape of the API that was called. */
export function errorBody(error: CallerError, dialect: Dialect, requestId: string): string {
  if (dialect === 'kserve') return JSON.stringify({ error: error.message });
  if (dialect === 'anthropic') {
    const type = anthropicType(error);
    return JSON.stringify({ type: 'error', error: { type, message: error.message }, request_id: requestId });
  }
  const { message, type, param = null, code } = error;
  return JSON.stringify({ error: { message, type, param, code } });
}

/** The one event that ends a broken stream: official clients throw on it instead of taking the part for the whole. */
export function errorEvent(error: CallerError, dialect: Dialect, requestId: string): string {
  const event = dialect === 'anthropic' ? 'event: error\n' : '';
  return `${event}data: ${errorBody(error, dialect, requestId)}\n\n`;
}

function anthropicType({ status }: CallerError): string {
  const byStatus: Readonly<Record<number, string>> = {
    401: 'authentication_error',
    403: 'permission_error',
    404: 'not_found_error',
    413: 'request_too_large',
    503: 'overloaded_error',
    504: 'timeout_error',
  };
  return byStatus[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
}

function failed(status: number, code: string, message: string): CallerError {
  return { status, type: 'server_error', code, message, param: null };
}

function unavailable(code: string, message: string): CallerError {
  return { status: 503, type: 'service_unavailable', code, message, param: null, headers: { 'retry-after': '1' } };
}

/** What a caller sent is given back shortened and without control characters. */
function shown(name: string): string {
  const printable = name.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
  return JSON.stringify(printable.length > 100 ? `${printable.slice(0, 100)}…` : printable);
}
