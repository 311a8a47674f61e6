import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ask, chat, deployed, foundation, type Installation, startInstallation, until } from '../installation/index.ts';
import { type ApiAnswer, type ApiCall, applied, requestTo } from './bad-input/api-requests.ts';
import { type BadManifests, badManifests } from './bad-input/bad-manifests.ts';
import { signalbox as commandLine } from './bad-input/command-line.ts';
import { factsOf } from './bad-input/facts.ts';
import { besideSlowCallers, exchange } from './bad-input/raw-http.ts';

const caseMs = 60_000;
const mebibyte = 1024 * 1024;
/** One request, with which all but its key is right, was sent before: the key is taken. */
const idempotencyKey = 'sent-before';

let signalbox: Installation;
let key: string;
let viewerToken: string;
let before: unknown;

beforeAll(async () => {
  signalbox = await startInstallation();
  const { client } = signalbox;
  await signalbox.apply(foundation, chat({ replicas: 1 }));
  await deployed(client, 'chat').untilServing('v1', 1);
  viewerToken = (await client.createToken({ body: { name: 'reader', role: 'viewer' } })).token ?? '';
  const first = await callApi('POST', '/v1/keys', { body: '{"name":"first"}', idempotencyKey });
  expect(first.status).toBe(201);
  key = await signalbox.createKey();
  await until('callers with the newest key are served', async () => (await failureOfChat()) === null);
  await until('the gateway serves by the newest snapshot', async () =>
    (await client.listGateways()).items.every(({ upToDate }) => upToDate),
  );
  before = await factsOf(signalbox);
}, 180_000);
afterAll(() => signalbox?.stop(), 60_000);

afterEach(async () => {
  expect(await factsOf(signalbox)).toEqual(before);
  expect(await failureOfChat()).toBeNull();
}, caseMs);

async function failureOfChat(): Promise<string | null> {
  const { gatewayUrl } = signalbox;
  return (await ask({ gatewayUrl, key, model: 'chat', maxTokens: 2, streamed: false })).failure;
}

function callApi(method: string, path: string, call: ApiCall = {}): Promise<ApiAnswer> {
  return requestTo(signalbox, method, path, call);
}

function lineOf(text: string, at: string): number {
  return text.split('\n').findLastIndex((line) => line.includes(at)) + 1;
}

/** What is printed before the sentence that sums it up. */
function placesIn(error: string): readonly string[] {
  return error.split('\n').filter((line) => !line.startsWith('error: '));
}

describe('manifests that are not right', () => {
  test.each(badManifests)(
    '$name: the API tells what, where, and changes nothing',
    async ({ text, status, code, at, problem }) => {
      const answer = await callApi('POST', '/v1/apply', { body: applied(text) });
      expect(answer).toMatchObject({ status, body: { status, code, requestId: expect.any(String) } });
      const message = expect.stringContaining(problem.message);
      const place = { file: 'bad.yaml', line: lineOf(text, at), column: expect.any(Number) };
      expect(answer.body.problems).toContainEqual(expect.objectContaining({ ...problem, ...place, message }));
    },
    caseMs,
  );

  test.each<BadManifests>(badManifests)(
    '$name: the command line prints it and ends with 1',
    async ({ text, at, problem }) => {
      writeFileSync(join(signalbox.dir, 'bad.yaml'), text);
      const ended = await commandLine(['apply', '-f', 'bad.yaml'], signalbox);
      expect(ended).toMatchObject({ code: 1, out: '' });
      const [told, ...rest] = placesIn(ended.error).filter((line) => line.includes(problem.message));
      expect({ told, rest }).toEqual({ told: expect.stringMatching(/^bad\.yaml:\d+:\d+: /), rest: [] });
      expect(told).toContain(`bad.yaml:${lineOf(text, at)}:`);
      if (problem.nearest !== undefined) expect(told).toContain(`did you mean ${problem.nearest}?`);
      expect(ended.error).toMatch(/^error: /m);
    },
    caseMs,
  );
});

describe('what the command line cannot send', () => {
  test.each([
    {
      name: 'a file of 50 MB',
      file: 'huge.yaml',
      says: 'huge.yaml: is too large for manifests (50 MiB, at most 4 MiB)',
    },
    { name: 'a file that is no text', file: 'binary.yaml', says: 'binary.yaml: is not text in UTF-8' },
    { name: 'a file that is not there', file: 'missing.yaml', says: 'missing.yaml: no such file or folder' },
  ])(
    '$name',
    async ({ file, says }) => {
      writeFileSync(join(signalbox.dir, 'huge.yaml'), Buffer.alloc(50 * mebibyte, '# x\n'));
      writeFileSync(join(signalbox.dir, 'binary.yaml'), Uint8Array.from([0x61, 0xff, 0xfe]));
      const ended = await commandLine(['apply', '-f', file], signalbox);
      expect(ended).toEqual({ code: 64, out: '', error: `error: ${says}\n` });
    },
    caseMs,
  );

  test.each([
    { name: 'without a token', token: undefined, says: 'No token was sent' },
    { name: 'with a wrong token', token: 'sbt_wrong', says: 'the token came from' },
    { name: 'with a token that may only read', token: 'reader', says: 'needs the role operator' },
  ])(
    'manifests $name',
    async ({ token, says }) => {
      writeFileSync(join(signalbox.dir, 'good.yaml'), chat({ version: 'v2' }));
      const { dir, url } = signalbox;
      const given = token === 'reader' ? viewerToken : token;
      const ended = await commandLine(['apply', '-f', 'good.yaml'], {
        dir,
        url,
        ...(given === undefined ? {} : { token: given }),
      });
      expect(ended).toMatchObject({ code: 1, out: '', error: expect.stringContaining(says) });
    },
    caseMs,
  );
});

describe('requests to the API that are not right', () => {
  const makeKey = (call: ApiCall) => callApi('POST', '/v1/keys', { body: '{"name":"second"}', ...call });
  test.each<[string, () => Promise<ApiAnswer>, number, string, string]>([
    ['no token', () => makeKey({ token: '' }), 401, 'auth.missing', 'Authorization: Bearer'],
    ['a wrong token', () => makeKey({ token: 'sbt_wrong' }), 401, 'auth.invalid', 'revoked'],
    ['a viewer who writes', () => makeKey({ token: viewerToken }), 403, 'auth.forbidden', 'operator'],
    ['malformed JSON', () => makeKey({ body: '{"name":' }), 400, 'request.malformed', 'application/json'],
    ['another content type', () => makeKey({ type: 'text/yaml' }), 415, 'request.unsupported_media_type', 'text/yaml'],
    ['a misspelt field', () => makeKey({ body: '{"nmae":"a"}' }), 400, 'request.invalid', 'did you mean name'],
    ['a name that is taken', () => makeKey({ body: '{"name":"first"}' }), 400, 'request.invalid', 'first'],
    ['an unknown path', () => callApi('GET', '/v1/nothing'), 404, 'request.not_found', 'openapi.json'],
    ['a wrong method', () => callApi('PATCH', '/v1/keys'), 405, 'request.method_not_allowed', 'POST, GET, HEAD'],
    ['an unknown object', () => callApi('DELETE', '/v1/routes/nope'), 404, 'resource.not_found', 'Route nope'],
    [
      'an idempotency key of another request',
      () => makeKey({ idempotencyKey }),
      422,
      'request.idempotency_conflict',
      'Idempotency-Key',
    ],
    [
      'a body of 2 MB where a few bytes belong',
      () => makeKey({ body: JSON.stringify({ name: 'x'.repeat(2 * mebibyte) }) }),
      413,
      'request.too_large',
      String(mebibyte),
    ],
    [
      'manifests of 50 MB',
      () => callApi('POST', '/v1/apply', { body: applied('# x\n'.repeat((50 * mebibyte) / 4)) }),
      413,
      'request.too_large',
      String(8 * mebibyte),
    ],
  ])(
    '%s',
    async (_, call, status, code, says) => {
      const answer = await call();
      expect(answer).toMatchObject({ status, body: { code, detail: expect.stringContaining(says) } });
    },
    caseMs,
  );
});

describe('requests to the gateway that are not right', () => {
  const send = (body: string, authorization: string | null = `Bearer ${key}`) =>
    fetch(`${signalbox.gatewayUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization === null ? {} : { authorization }) },
      body,
    });
  const good = '{"model":"chat","messages":[]}';
  test.each<[string, () => Promise<Response>, number, string, string]>([
    ['no key', () => send(good, null), 401, 'invalid_api_key', 'Authorization: Bearer'],
    ['a wrong key', () => send(good, 'Bearer sbk_wrong'), 401, 'invalid_api_key', 'revoked'],
    ['a token of the API', () => send(good, `Bearer ${signalbox.token}`), 401, 'invalid_api_key', 'not valid'],
    ['an unknown model', () => send('{"model":"chatt"}'), 404, 'model_not_found', 'no model "chatt"'],
    ['malformed JSON', () => send('{"model":"chat",'), 400, 'invalid_json', 'not valid JSON'],
    ['no model', () => send('{"messages":[]}'), 400, 'invalid_value', '"model" is missing'],
    ['two models', () => send('{"model":"chat","model":"x"}'), 400, 'invalid_value', '"model" occurs twice'],
    [
      'a body of 51 MB',
      () => send(`{"model":"chat","x":"${'x'.repeat(51 * mebibyte)}"}`),
      413,
      'request_too_large',
      String(50 * mebibyte),
    ],
  ])(
    '%s',
    async (_, call, status, code, says) => {
      const answer = await call();
      const { error } = (await answer.json()) as { error: unknown };
      expect({ status: answer.status, error }).toMatchObject({
        status,
        error: { code, type: 'invalid_request_error', message: expect.stringContaining(says) },
      });
    },
    caseMs,
  );
});

const doors = [
  { door: 'the API', head: 'POST /v1/apply HTTP/1.1\r\n', url: () => signalbox.url, token: () => signalbox.token },
  {
    door: 'the gateway',
    head: 'POST /v1/chat/completions HTTP/1.1\r\n',
    url: () => signalbox.gatewayUrl,
    token: () => key,
  },
];

describe.each(doors)('bytes to $door', ({ head, url, token }) => {
  const headers = () => `${head}host: x\r\nauthorization: Bearer ${token()}\r\ncontent-type: application/json\r\n`;

  test.each([
    { name: 'garbage', bytes: () => '\u0000\u00ffgarbage\r\n\r\n', status: 400, says: 'HTTP/1.1' },
    { name: 'an unknown method', bytes: () => headers().replace('POST', 'BREW'), status: 400, says: 'HTTP/1.1' },
    {
      name: 'both Content-Length and Transfer-Encoding',
      bytes: () => `${headers()}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      status: 400,
      says: 'HTTP/1.1',
    },
    {
      name: 'a flood of headers',
      bytes: () => `${headers()}${'x-flood: aaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(2_000)}\r\n`,
      status: 431,
      says: 'headers',
    },
  ])(
    '$name',
    async ({ bytes, status, says }) => {
      const answer = await exchange(url(), bytes());
      expect(answer.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      const body = answer.slice(answer.indexOf('\r\n\r\n'));
      expect(body).toContain(says);
      expect(body).toMatch(/"code":"(?:request\.malformed|bad_request|request_too_large)"/);
    },
    caseMs,
  );

  test(
    'a hundred slow callers hinder nobody',
    async () => {
      const beginnings = [headers(), `${headers()}content-length: 100\r\n\r\n{"model":`];
      await besideSlowCallers(url(), Array.from({ length: 50 }, () => beginnings).flat(), async () => {
        expect(await factsOf(signalbox)).toEqual(before);
        expect(await failureOfChat()).toBeNull();
      });
    },
    caseMs,
  );
});

test('the ledger is whole', async () => {
  expect((await signalbox.client.verifyLedger()).intact).toBe(true);
});
