import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { repositories, snapshotInputs } from '@signalbox/db';
import { startTestApi, type TestApi } from '../../testing/index.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const snapshotNumber = async () => (await repositories(api.database).snapshotState.current()).number;

test('a key is shown once, and gateways get it with the next snapshot', async () => {
  const before = await snapshotNumber();
  const { status, body } = await api.post('/v1/keys', { name: 'app', routes: ['chat'] });
  expect(status).toBe(201);
  expect(body).toMatchObject({ name: 'app', project: 'default', routes: ['chat'], revokedAt: null });
  expect(body.key.startsWith(body.prefix)).toBe(true);
  expect(await snapshotNumber()).toBe(before + 1);
  expect(JSON.stringify((await api.get('/v1/keys')).body)).not.toContain(body.key);
});

test('a key has the usual priority and no limits of its own, unless it is made with others', async () => {
  const usual = await api.post('/v1/keys', { name: 'usual' });
  expect(usual.body).toMatchObject({ limits: [], priority: 'standard', weight: 1, mayPin: false });
  const limits = [
    { of: 'tokens', per: 'minute', amount: 100_000 },
    { of: 'concurrency', per: null, amount: 8 },
  ];
  const more = { limits, priority: 'batch', weight: 0.5, mayPin: true };
  const { status, body } = await api.post('/v1/keys', { name: 'nightly', ...more });
  expect(status).toBe(201);
  expect(body).toMatchObject(more);
  const { items } = (await api.get('/v1/keys')).body;
  expect(items.find(({ name }: { name: string }) => name === 'nightly')).toMatchObject(more);
  const { keys } = await snapshotInputs(api.database);
  expect(keys.find(({ name }) => name === 'nightly')).toMatchObject(more);
});

test.each<{ name: string; more: object; path: string; says: RegExp }>([
  {
    name: 'a limit of nothing',
    more: { limits: [{ of: 'tokens', per: 'day', amount: 0 }] },
    path: 'body.limits.0.amount',
    says: /whole number from 1/,
  },
  {
    name: 'a limit on something else',
    more: { limits: [{ of: 'token', per: 'day', amount: 1 }] },
    path: 'body.limits.0.of',
    says: /expected one of requests/,
  },
  {
    name: 'a rate without its period',
    more: { limits: [{ of: 'tokens', amount: 1 }] },
    path: 'body.limits.0.per',
    says: /missing: expected one of minute, day/,
  },
  {
    name: 'two limits on one quantity',
    more: { limits: [1, 2].map((amount) => ({ of: 'tokens', per: 'day', amount })) },
    path: 'body.limits.1',
    says: /tokens per day is limited already/,
  },
  { name: 'a class that does not exist', more: { priority: 'urgent' }, path: 'body.priority', says: /critical/ },
  { name: 'no weight at all', more: { weight: 0 }, path: 'body.weight', says: /0.01/ },
  { name: 'a misspelt field', more: { limit: [] }, path: 'body.limit', says: /did you mean limits/ },
])('$name is refused, and nothing is made', async ({ more, path, says }) => {
  const before = await snapshotNumber();
  const { status, body } = await api.post('/v1/keys', { name: 'refused', ...more });
  expect([status, body.code]).toEqual([400, 'request.invalid']);
  expect(body.problems).toMatchObject([{ path, message: expect.stringMatching(says) }]);
  expect(await snapshotNumber()).toBe(before);
  expect(JSON.stringify((await api.get('/v1/keys')).body)).not.toContain('refused');
});

test('revoking bumps the snapshot once, however often it is asked', async () => {
  await api.post('/v1/keys', { name: 'gone' });
  const before = await snapshotNumber();
  expect((await api.delete('/v1/keys/gone')).body.revokedAt).not.toBeNull();
  expect((await api.delete('/v1/keys/gone')).status).toBe(200);
  expect(await snapshotNumber()).toBe(before + 1);
});

test('the name of a revoked key is free again', async () => {
  await api.post('/v1/keys', { name: 'again' });
  expect((await api.post('/v1/keys', { name: 'again' })).status).toBe(400);
  await api.delete('/v1/keys/again');
  expect((await api.post('/v1/keys', { name: 'again' })).status).toBe(201);
});

test('a key that nobody made is not found', async () => {
  const { status, body } = await api.delete('/v1/keys/nobody');
  expect([status, body.code]).toEqual([404, 'resource.not_found']);
});
