import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { captured } from '../streams/drive.fixture.ts';
import { type CallerError, retryAfter, shown } from './caller-error.ts';
import { engineError } from './engine-error.ts';
import { errorBody, errorEvent, errorStatus } from './error-shape.ts';

const names = { served: 'tiny', public: 'chat' };
const told = (status: number, body: string) => engineError(status, Buffer.from(body), names);

function tritonBody(name: string): string {
  const text = readFileSync(new URL(`captured/triton-${name}.txt`, import.meta.url), 'utf8').replaceAll('\r\n', '\n');
  return text.slice(text.indexOf('\n\n') + 2);
}

describe('an engine’s refusal as the caller is told it', () => {
  test.each<[string, number, Partial<CallerError>]>([
    [
      'err-bad-parameter',
      400,
      {
        type: 'invalid_request_error',
        code: 'invalid_value',
        param: 'temperature',
        message: 'temperature must be non-negative, got -3.0. (parameter=temperature, value=-3.0)',
      },
    ],
    ['err-bad-json', 400, { code: 'invalid_json', param: 'body.1' }],
    ['err-context-length', 400, { code: 'context_length_exceeded', param: 'input_text' }],
    [
      'err-unknown-model',
      404,
      { code: 'model_not_found', param: 'model', message: 'The model "chat" is not served here.' },
    ],
    ['embeddings', 404, { code: 'unsupported_api', message: 'The model "chat" does not offer this API.' }],
  ])('vLLM’s %s', (name, status, want) => {
    const error = told(status, captured(name));
    expect(error).toMatchObject({ status, ...want });
    expect(errorBody(error, 'openai', 'r')).not.toMatch(/tiny|aliases|detail/);
  });

  test('Triton’s, though it says text/plain, without its request id', () => {
    expect(told(404, tritonBody('err-model'))).toMatchObject({ status: 404, code: 'model_not_found' });
    const error = told(400, tritonBody('err-body'));
    expect(error.message).toMatch(/^expected 1 inputs but got 0 inputs for model 'echo'\./);
    expect(errorBody(error, 'kserve', 'r')).toBe(JSON.stringify({ error: error.message }));
  });

  test.each<[string, number, string, Partial<CallerError>]>([
    [
      'SGLang',
      400,
      '{"object":"error","message":"bad","type":"BadRequestError","param":null,"code":400}',
      { message: 'bad', code: 'bad_request' },
    ],
    [
      'FastAPI’s list',
      422,
      '{"detail":[{"loc":["body","max_tokens"],"msg":"Field required","type":"missing"}]}',
      { status: 422, message: 'Field required', param: 'max_tokens' },
    ],
    [
      'Anthropic’s',
      400,
      '{"type":"error","error":{"type":"invalid_request_error","message":"bad"}}',
      { message: 'bad' },
    ],
    [
      'an overload',
      429,
      '{"error":{"message":"queue full","code":429}}',
      { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
    ],
    ['the engine’s own key', 401, '{"error":"Unauthorized"}', { status: 502, code: 'upstream_failed' }],
    ['a method it has not', 405, '{"detail":"Method Not Allowed"}', { status: 404, code: 'unsupported_api' }],
    ['no JSON', 400, '<html>', { message: 'The model refused this request.', code: 'bad_request' }],
    ['nothing', 400, '', { message: 'The model refused this request.' }],
    ['null', 400, 'null', { message: 'The model refused this request.' }],
    [
      'the model’s own name in quotes',
      400,
      '{"error":{"message":"`tiny` and \'tiny\' are tiny"}}',
      { message: "`chat` and 'chat' are tiny" },
    ],
    [
      'a path',
      400,
      '{"error":{"message":"no template in /models/tiny/x.jinja; see https://a.b/models/x"}}',
      { message: 'no template in [path]; see https://a.b/models/x' },
    ],
    [
      'a failure',
      500,
      '{"error":{"message":"Traceback at /opt/x","code":500}}',
      { status: 500, code: 'upstream_failed', message: 'The model failed on this request.' },
    ],
  ])('%s', (_, status, body, want) => {
    expect(told(status, body)).toMatchObject(want);
  });

  test('a message as long as no message is shortened', () => {
    expect(told(400, JSON.stringify({ error: { message: 'x'.repeat(10_000) } })).message).toHaveLength(4_000);
  });
});

describe('an error in the shape of each API', () => {
  const of = (status: number, type: CallerError['type']): CallerError => ({
    status,
    type,
    code: 'x',
    message: 'The limit of 60 requests per minute is reached. Try again in 2 s.',
    headers: retryAfter(1_500),
  });
  const limited = of(429, 'rate_limit_error');

  test('OpenAI’s has its four keys, always', () => {
    expect(JSON.parse(errorBody(limited, 'openai', 'r'))).toEqual({
      error: {
        message: 'The limit of 60 requests per minute is reached. Try again in 2 s.',
        type: 'rate_limit_error',
        param: null,
        code: 'x',
      },
    });
    expect(limited.headers).toEqual({ 'retry-after': '2', 'retry-after-ms': '1500' });
  });

  test.each<[string, CallerError, number, string]>([
    ['a limit', limited, 429, 'rate_limit_error'],
    ['a spent budget', of(429, 'insufficient_quota'), 402, 'billing_error'],
    ['overload', of(503, 'server_overloaded'), 529, 'overloaded_error'],
    ['a full queue', of(429, 'server_overloaded'), 529, 'overloaded_error'],
    ['a model that is being started', of(503, 'service_unavailable'), 529, 'overloaded_error'],
    ['a deadline', of(504, 'server_error'), 504, 'timeout_error'],
    ['a field', of(400, 'invalid_request_error'), 400, 'invalid_request_error'],
    ['another API', of(404, 'invalid_request_error'), 404, 'not_found_error'],
    ['a pin', of(403, 'invalid_request_error'), 403, 'permission_error'],
    ['a key used twice', of(409, 'invalid_request_error'), 409, 'invalid_request_error'],
  ])('Anthropic’s of %s', (_, error, status, type) => {
    expect(errorStatus(error, 'anthropic')).toBe(status);
    expect(errorStatus(error, 'openai')).toBe(error.status);
    expect(JSON.parse(errorBody(error, 'anthropic', 'req'))).toEqual({
      type: 'error',
      error: { type, message: error.message },
      request_id: 'req',
    });
  });

  test('an event is named where the API names its events', () => {
    const event = (dialect: 'openai' | 'anthropic', api: 'chat' | 'messages' | 'responses') =>
      errorEvent(limited, { dialect, api, frames: 7 }, 'req');
    expect(event('openai', 'chat')).toBe(`data: ${errorBody(limited, 'openai', 'req')}\n\n`);
    expect(event('anthropic', 'messages')).toBe(`event: error\ndata: ${errorBody(limited, 'anthropic', 'req')}\n\n`);
    expect(event('openai', 'responses')).toMatch(
      /^event: error\ndata: \{"type":"error",.*"sequence_number":7,.*\}\n\n$/,
    );
  });

  test('what a caller sent comes back short and printable', () => {
    expect(shown(`a\n"${'x'.repeat(200)}`)).toBe(`"a?\\"${'x'.repeat(97)}…"`);
  });
});
