import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { repositories } from '@signalbox/db';
import { startTestApi, type TestApi } from '../testing/index.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const withKey = (key: string) => ({ headers: { 'idempotency-key': key } });

test('the same request with the same key is carried out once and answered alike, but for the secret', async () => {
  const first = await api.post('/v1/keys', { name: 'ci' }, withKey('one'));
  const again = await api.post('/v1/keys', { name: 'ci' }, withKey('one'));
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.body).toEqual({ ...first.body, key: null });
  expect([first, again].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
  expect((await api.get('/v1/keys')).body.items).toHaveLength(1);
});

test('no secret is kept for replays', async () => {
  const { body } = await api.post('/v1/tokens', { name: 'kept', role: 'viewer' }, withKey('secret'));
  const stored = await repositories(api.database).idempotency.begin(
    { tokenId: (await api.get('/v1/whoami')).body.id, key: 'secret' },
    { hash: 'another', at: 0, abandonedBefore: 0 },
  );
  expect(stored.kind).toBe('conflict');
  expect(
    JSON.stringify((await api.post('/v1/tokens', { name: 'kept', role: 'viewer' }, withKey('secret'))).body),
  ).not.toContain(body.token);
});

test('another request with a used key is refused', async () => {
  await api.post('/v1/keys', { name: 'a' }, withKey('two'));
  const { status, body } = await api.post('/v1/keys', { name: 'b' }, withKey('two'));
  expect([status, body.code]).toEqual([422, 'request.idempotency_conflict']);
});

test('a request that is still running is not carried out twice', async () => {
  const answers = await Promise.all([1, 2, 3, 4].map(() => api.post('/v1/keys', { name: 'racing' }, withKey('three'))));
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 201 || status === 409)).toHaveLength(4);
  const named = (await api.get('/v1/keys')).body.items.filter(({ name }: { name: string }) => name === 'racing');
  expect(named).toHaveLength(1);
});

test('a refused request leaves its key free: it changed nothing', async () => {
  const name = 'taken';
  await api.post('/v1/keys', { name });
  expect((await api.post('/v1/keys', { name }, withKey('four'))).status).toBe(400);
  await api.delete(`/v1/keys/${name}`);
  expect((await api.post('/v1/keys', { name }, withKey('four'))).status).toBe(201);
});

test('keys of two tokens never meet', async () => {
  const token = await api.tokenFor('operator');
  await api.post('/v1/keys', { name: 'mine' }, withKey('five'));
  const { status } = await api.post('/v1/keys', { name: 'yours' }, { ...withKey('five'), token });
  expect(status).toBe(201);
});

test('a key that no program would send is refused', async () => {
  const { status, body } = await api.post('/v1/keys', { name: 'odd' }, withKey('with space'));
  expect([status, body.problems[0].path]).toEqual([400, 'headers.idempotency-key']);
});
