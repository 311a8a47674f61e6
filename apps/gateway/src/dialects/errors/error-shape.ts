import type { AnswerApi, Dialect } from '../dialect.ts';
import type { CallerError } from './caller-error.ts';

/** The status in the dialect's own numbers: Anthropic has one of its own for overload and one for money. */
export function errorStatus(error: CallerError, dialect: Dialect): number {
  if (dialect !== 'anthropic') return error.status;
  if (error.type === 'insufficient_quota') return 402;
  return isOverload(error) ? 529 : error.status;
}

/** The body of an error in the shape of the API that was called. */
export function errorBody(error: CallerError, dialect: Dialect, requestId: string): string {
  if (dialect === 'kserve') return JSON.stringify({ error: error.message });
  if (dialect === 'anthropic') {
    const type = anthropicType(error);
    return JSON.stringify({ type: 'error', error: { type, message: error.message }, request_id: requestId });
  }
  return JSON.stringify({ error: openAiError(error) });
}

/**
 * The one event that ends a broken stream: official clients throw on it instead of taking the part for the whole.
 * Responses count their events; the number of frames so far is this one's.
 */
export function errorEvent(
  error: CallerError,
  stream: { dialect: Dialect; api: AnswerApi; frames: number },
  requestId: string,
): string {
  const { dialect, api, frames } = stream;
  if (api === 'responses' || api === 'keptResponse') {
    const { message, code, param = null } = error;
    const event = { type: 'error', code, message, param, sequence_number: frames, error: openAiError(error) };
    return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
  }
  const event = dialect === 'anthropic' ? 'event: error\n' : '';
  return `${event}data: ${errorBody(error, dialect, requestId)}\n\n`;
}

function openAiError({ message, type, param = null, code }: CallerError) {
  return { message, type, param, code };
}

function isOverload({ type, status }: CallerError): boolean {
  return type === 'server_overloaded' || (type === 'service_unavailable' && status === 503);
}

const anthropicTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

function anthropicType(error: CallerError): string {
  return (
    anthropicTypes[errorStatus(error, 'anthropic')] ?? (error.status < 500 ? 'invalid_request_error' : 'api_error')
  );
}
