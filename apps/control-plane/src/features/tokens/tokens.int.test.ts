import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { repositories } from '@signalbox/db';
import { systemClock } from '@signalbox/runtime';
import { hashOf } from '../../http/index.ts';
import { startTestApi, type TestApi } from '../../testing/index.ts';
import { ensureBootstrapToken } from './index.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

test('a token is shown once and kept as a hash', async () => {
  const { status, body } = await api.post('/v1/tokens', { name: 'laptop', role: 'viewer' });
  expect(status).toBe(201);
  expect(body.token).toMatch(/^sbx_api_/);
  const listed = await api.get('/v1/tokens');
  expect(JSON.stringify(listed.body)).not.toContain(body.token);
  const stored = await repositories(api.database).apiTokens.getByName('laptop');
  expect(stored?.hash).toBe(hashOf(body.token));
});

test('a revoked token is refused at once by the process that revoked it', async () => {
  const token = await api.tokenFor('viewer');
  const { body } = await api.get('/v1/whoami', { token });
  expect((await api.delete(`/v1/tokens/${body.name}`)).body.revokedAt).not.toBeNull();
  expect((await api.get('/v1/whoami', { token })).status).toBe(401);
  expect((await api.delete(`/v1/tokens/${body.name}`)).status).toBe(200);
});

test('an expired token is refused', async () => {
  const expiresAt = new Date(Date.now() - 1_000).toISOString();
  const { body } = await api.post('/v1/tokens', { name: 'short', role: 'viewer', expiresAt });
  expect((await api.get('/v1/whoami', { token: body.token })).status).toBe(401);
});

test('a name is given once', async () => {
  await api.post('/v1/tokens', { name: 'twice', role: 'viewer' });
  const { status, body } = await api.post('/v1/tokens', { name: 'twice', role: 'viewer' });
  expect([status, body.problems[0].path]).toEqual([400, 'body.name']);
});

test('making and revoking are in the ledger, without the token', async () => {
  const { body } = await api.post('/v1/tokens', { name: 'told', role: 'gateway' });
  await api.delete('/v1/tokens/told');
  const ledger = await api.get('/v1/ledger?installation=true&subject=told');
  expect(ledger.body.items.map(({ kind }: { kind: string }) => kind)).toEqual(['token.revoked', 'token.created']);
  expect(JSON.stringify(ledger.body)).not.toContain(body.token);
});

test('a new bootstrap hash takes the place of the former one, and only of that', async () => {
  const other = await api.tokenFor('admin');
  await ensureBootstrapToken(api.database, systemClock, hashOf('sbx_api_new'));
  await ensureBootstrapToken(api.database, systemClock, hashOf('sbx_api_new'));
  const seen = await api.get('/v1/tokens', { token: 'sbx_api_new' });
  const valid = seen.body.items.filter(
    (row: { revokedAt: string | null; author: string }) => row.revokedAt === null && row.author === 'environment',
  );
  expect(valid).toHaveLength(1);
  expect((await api.get('/v1/whoami', { token: other })).status).toBe(200);
});
