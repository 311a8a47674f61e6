import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { repositories } from '@signalbox/db';
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
