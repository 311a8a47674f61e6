import { createConnection } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../testing/index.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({
    listen: { headersTimeout: 1_000, requestTimeout: 5_000, connectionsCheckingInterval: 100 },
  });
});
afterAll(() => api.stop());

/** Sends bytes as they are and reads until the server closes. */
function exchange(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = createConnection(api.port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      answer += text;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
  });
}

describe('a request that is not right gets a problem that says what to do', () => {
  test.each([
    { name: 'no token', token: '', status: 401, code: 'auth.missing' },
    { name: 'an unknown token', token: 'sbx_api_wrong', status: 401, code: 'auth.invalid' },
    { name: 'an absurd token', token: 'x'.repeat(2_000), status: 401, code: 'auth.invalid' },
  ])('$name', async ({ token, status, code }) => {
    const { status: seen, body, headers } = await api.get('/v1/whoami', { token });
    expect([seen, body.code]).toEqual([status, code]);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(headers.get('www-authenticate')).toContain('Bearer');
  });

  test.each([
    { name: 'an unknown path', method: 'GET', path: '/v1/nothing', status: 404, code: 'request.not_found' },
    { name: 'a broken escape', method: 'GET', path: '/v1/projects/%zz', status: 400, code: 'request.malformed' },
    { name: 'a wrong method', method: 'PATCH', path: '/v1/projects', status: 405, code: 'request.method_not_allowed' },
    { name: 'an unknown query', method: 'GET', path: '/v1/projects?colour=red', status: 400, code: 'request.invalid' },
    {
      name: 'a limit out of bounds',
      method: 'GET',
      path: '/v1/projects?limit=0',
      status: 400,
      code: 'request.invalid',
    },
    { name: 'a made-up cursor', method: 'GET', path: '/v1/projects?cursor=%F0', status: 400, code: 'request.invalid' },
    {
      name: 'an unknown project',
      method: 'GET',
      path: '/v1/models?project=no',
      status: 404,
      code: 'resource.not_found',
    },
  ])('$name', async ({ method, path, status, code }) => {
    const { status: seen, body } = await api.call(method, path);
    expect([seen, body.code]).toEqual([status, code]);
    expect(body).toMatchObject({ type: `/docs/errors#${code}`, status, requestId: expect.any(String) });
  });

  test('a wrong method is told which ones there are', async () => {
    const { headers } = await api.call('PUT', '/v1/tokens');
    expect(headers.get('allow')).toBe('POST, GET, HEAD');
  });

  test('every wrong field is told at once, by path', async () => {
    const { status, body } = await api.post('/v1/tokens', { name: 'Bad Name', role: 'king', colour: 'red' });
    expect(status).toBe(400);
    expect(body.problems.map(({ path }: { path: string }) => path).sort()).toEqual([
      'body.colour',
      'body.name',
      'body.role',
    ]);
    expect(body.problems.find(({ path }: { path: string }) => path === 'body.role').allowed).toContain('viewer');
  });

  test('a misspelt field is told with the one that was meant', async () => {
    const { body } = await api.post('/v1/tokens', { name: 'a', role: 'viewer', expiresat: null });
    expect(body.problems[0]).toMatchObject({ path: 'body.expiresat', nearest: 'expiresAt' });
  });

  test.each([
    { name: 'broken JSON', body: '{"name":', type: 'application/json', status: 400, code: 'request.malformed' },
    { name: 'another type', body: 'name: a', type: 'text/yaml', status: 415, code: 'request.unsupported_media_type' },
    { name: 'no type at all', body: '{}', type: '', status: 415, code: 'request.unsupported_media_type' },
    {
      name: 'a list in place of an object',
      body: '[]',
      type: 'application/json',
      status: 400,
      code: 'request.invalid',
    },
    {
      name: 'an unknown charset',
      body: '{}',
      type: 'application/json; charset=klingon',
      status: 415,
      code: 'request.unsupported_media_type',
    },
  ])('a body that is $name', async ({ body, type, status, code }) => {
    const answer = await api.call('POST', '/v1/tokens', { body, headers: { 'content-type': type } });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test('a body of 50 MB', async () => {
    const text = 'x'.repeat(50 * 1024 * 1024);
    const { status, body } = await api.apply(text);
    expect([status, body.code]).toEqual([413, 'request.too_large']);
    expect(body.detail).toContain(String(8 * 1024 * 1024));
  });

  test('a body of 50 MB without a token is not even read', async () => {
    const answer = await exchange(
      'POST /v1/apply HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 52428800\r\nconnection: close\r\n\r\n{',
    );
    expect(answer).toContain('401 Unauthorized');
  });

  test('objects nested without end', async () => {
    const body = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const { status } = await api.call('POST', '/v1/tokens', { body, headers: { 'content-type': 'application/json' } });
    expect(status).toBe(400);
  });

  test('fields that would reach into prototypes', async () => {
    const { status, body } = await api.call('POST', '/v1/tokens', {
      body: '{"__proto__":{"role":"admin"},"name":"a"}',
    });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('body.role');
  });
});

describe('what is not HTTP, or not in time, is refused and leaves the server serving', () => {
  test.each([
    {
      name: 'a header flood',
      bytes: `GET /v1/whoami HTTP/1.1\r\nhost: a\r\n${'x-flood: aaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(2_000)}\r\n`,
      want: '431',
    },
    { name: 'a malformed request line', bytes: 'GARBAGE\r\n\r\n', want: '400' },
    { name: 'a request without a host', bytes: 'GET /v1/whoami HTTP/1.1\r\n\r\n', want: '400' },
    {
      name: 'two lengths',
      bytes: 'POST /v1/apply HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      want: '400',
    },
    { name: 'headers that never end', bytes: 'GET /v1/whoami HTTP/1.1\r\nhost: a\r\n', want: '408' },
  ])('$name', async ({ bytes, want }) => {
    expect(await exchange(bytes)).toContain(`HTTP/1.1 ${want}`);
    expect((await api.get('/v1/whoami')).status).toBe(200);
  });

  test('a body that never comes', async () => {
    const { headers } = await api.get('/v1/whoami');
    expect(headers.get('x-request-id')).toBeTruthy();
    const token = await api.tokenFor('admin');
    const answer = await exchange(
      `POST /v1/apply HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    );
    expect(answer === '' || answer.includes('HTTP/1.1 4')).toBe(true);
    expect((await api.get('/v1/whoami')).status).toBe(200);
  });
});

describe('roles', () => {
  test.each([
    { role: 'viewer' as const, read: 200, write: 403, admin: 403 },
    { role: 'operator' as const, read: 200, write: 201, admin: 403 },
    { role: 'admin' as const, read: 200, write: 201, admin: 200 },
    { role: 'gateway' as const, read: 403, write: 403, admin: 403 },
  ])('a $role', async ({ role, read, write, admin }) => {
    const token = await api.tokenFor(role);
    expect((await api.get('/v1/deployments', { token })).status).toBe(read);
    expect((await api.post('/v1/keys', { name: `key-of-${role}` }, { token })).status).toBe(write);
    expect((await api.get('/v1/tokens', { token })).status).toBe(admin);
    expect((await api.get('/v1/whoami', { token })).body.role).toBe(role);
  });

  test('a refusal names the role that is needed', async () => {
    const { body } = await api.get('/v1/tokens', { token: await api.tokenFor('viewer') });
    expect(body.detail).toBe('This needs the role admin; the token has viewer.');
  });
});

describe('every answer', () => {
  test('carries a request id, the caller’s own when it is sane', async () => {
    expect(
      (await api.get('/v1/whoami', { headers: { 'x-request-id': 'ci-run-4711' } })).headers.get('x-request-id'),
    ).toBe('ci-run-4711');
    const strange = await api.get('/v1/whoami', { headers: { 'x-request-id': 'a b' } });
    expect(strange.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('carries headers that keep browsers from harm', async () => {
    const { headers } = await api.get('/docs', { token: '' });
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

describe('what anyone may read', () => {
  test.each(['/', '/docs', '/docs/errors'])('%s is a page that loads nothing from elsewhere', async (path) => {
    const { status, body } = await api.get(path, { token: '' });
    expect(status).toBe(200);
    expect(body).toContain('<!doctype html>');
    expect(body).not.toMatch(/<script|<link|<img|@import|src=/);
  });

  test('the OpenAPI document', async () => {
    const { body } = await api.get('/openapi.json', { token: '' });
    expect(body.openapi).toBe('3.1.0');
    expect(body.paths['/v1/apply'].post.operationId).toBe('apply');
  });

  test('the JSON Schema of manifests', async () => {
    const { status, body } = await api.get('/schema/manifest.json', { token: '' });
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('Deployment');
  });
});
