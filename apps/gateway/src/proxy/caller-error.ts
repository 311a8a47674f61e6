import { type CallerError, failed, invalid, shown } from '../dialects/errors/caller-error.ts';

const close = { connection: 'close' } as const;

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
  unsupportedType: () =>
    invalid(415, 'unsupported_media_type', 'Send JSON: Content-Type: application/json, without Content-Encoding.'),
  unsupportedForm: () => invalid(415, 'unsupported_media_type', 'Send a form: Content-Type: multipart/form-data.'),
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
  engineFailed: (status: number): CallerError => failed(status, 'upstream_failed', 'The model failed on this request.'),
  upstreamFailed: (): CallerError =>
    failed(502, 'upstream_failed', 'The connection to the model was lost before it answered.'),
  upstreamTimeout: (): CallerError => failed(504, 'upstream_timeout', 'The model did not answer in time.'),
  deadlinePassed: (): CallerError => failed(504, 'deadline_exceeded', 'The request was not done by its own deadline.'),
  pinForbidden: (): CallerError => invalid(403, 'permission_denied', 'This key may not choose the revision.'),
  pinUnknown: (): CallerError =>
    invalid(404, 'revision_not_found', 'The model has no such revision or version in service.'),
  responseNotFound: (id: string, param: string | null = null): CallerError =>
    invalid(
      404,
      param === null ? 'response_not_found' : 'previous_response_not_found',
      `There is no response ${shown(id)}. The replica that made one keeps it, where its engine stores responses, for ` +
        'as long as it runs. Send the whole conversation.',
      param,
    ),
  noBackground: (): CallerError =>
    invalid(
      400,
      'unsupported_value',
      'Answers in the background are not offered, since nobody would count their tokens. Use "stream": true.',
      'background',
    ),
  badTimeout: (): CallerError =>
    invalid(400, 'invalid_value', 'X-Request-Timeout is a number of seconds, such as 30 or 0.5, or of ms: 500ms.'),
  streamLost: (): CallerError =>
    failed(502, 'upstream_failed', 'The model was lost while it answered; the answer is not whole.'),
  streamTimeout: (): CallerError =>
    failed(504, 'upstream_timeout', 'The model stopped answering; the answer is not whole.'),
  unexpected: (): CallerError => failed(500, 'internal_error', 'The gateway failed on this request.'),
} as const;

function unavailable(code: string, message: string): CallerError {
  return { status: 503, type: 'service_unavailable', code, message, param: null, headers: { 'retry-after': '1' } };
}
