import type { Renaming } from '../dialect.ts';
import { type CallerError, failed, invalid, shown } from './caller-error.ts';

const maxBytes = 64 * 1024;
const maxMessageLength = 4_000;

/**
 * An engine's refusal (or the error it tells in mid-stream) as an error of ours, whatever shape it has: vLLM's and
 * SGLang's numeric codes, Triton's bare string in text/plain, FastAPI's `detail`, Anthropic's. The message and param of
 * a 4xx stay, less what names the inside; of a 5xx nothing but the fact goes on.
 */
export function engineError(status: number, body: Buffer, names: Renaming): CallerError {
  const told = toldIn(body);
  const own = status >= 400 ? status : (told.status ?? 500);
  // The engine's own key is the gateway's business: the caller sent a good one.
  if (own === 401 || own === 403 || own === 407)
    return failed(502, 'upstream_failed', 'The model refused the gateway. Tell the operator.');
  if (own >= 500) return failed(own, 'upstream_failed', 'The model failed on this request.');
  if ((own === 404 && told.isBare) || own === 405)
    return invalid(404, 'unsupported_api', `The model ${shown(names.public)} does not offer this API.`, 'model');
  const message = masked(told.message, names);
  if (own === 429)
    return { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded', message, param: told.param };
  if (own === 404 && isAboutModel(told))
    return invalid(404, 'model_not_found', `The model ${shown(names.public)} is not served here.`, 'model');
  return invalid(own, codeOf(told), message, told.param);
}

interface Told {
  message: string;
  param: string | null;
  status: number | undefined;
  /** For a path that it does not have: FastAPI's answer, or one that is no JSON. */
  isBare: boolean;
}

function toldIn(body: Buffer): Told {
  const text = body.toString('utf8', 0, maxBytes);
  const parsed = parse(text);
  const fields = isObject(parsed) ? parsed : {};
  const { error, detail } = fields;
  const inner = isObject(error) ? error : fields;
  const details: unknown = Array.isArray(detail) ? detail[0] : detail;
  const message =
    (typeof error === 'string' && error) ||
    (typeof inner.message === 'string' && inner.message) ||
    (typeof details === 'string' && details) ||
    (isObject(details) && typeof details.msg === 'string' && details.msg) ||
    'The model refused this request.';
  return {
    message,
    param: typeof inner.param === 'string' ? inner.param : paramOf(details),
    status: typeof inner.code === 'number' && inner.code >= 400 && inner.code < 600 ? inner.code : undefined,
    isBare: !isObject(parsed) || (typeof detail === 'string' && Object.keys(fields).length === 1),
  };
}

function paramOf(detail: unknown): string | null {
  return isObject(detail) && Array.isArray(detail.loc) ? detail.loc.filter((part) => part !== 'body').join('.') : null;
}

function isAboutModel({ param, message }: Told): boolean {
  return param === 'model' || /\bmodel\b/i.test(message);
}

function codeOf({ message, param }: Told): string {
  if (/json_invalid|JSON decode error|not valid JSON/i.test(message)) return 'invalid_json';
  if (/maximum context length|context length exceeded|longer than the (?:model|maximum)/i.test(message))
    return 'context_length_exceeded';
  return param === null ? 'bad_request' : 'invalid_value';
}

/** The message without the engine's own model name, its aliases, its request id and its file system. */
function masked(message: string, { served, public: name }: Renaming): string {
  let text = message
    .slice(0, maxMessageLength)
    .replace(/^\[request id: [^\]]*\] /, '')
    .replace(/\s*Valid aliases:[^.]*\.?/g, '')
    .replace(/(^|[\s'"`(=])\/(?:models|root|home|opt|usr|mnt|data|var|tmp|srv|workspace|app)\/[\w./+@-]*/g, '$1[path]');
  if (served !== name && served !== '')
    for (const mark of ['`', "'", '"']) text = text.replaceAll(mark + served + mark, mark + name + mark);
  return text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
