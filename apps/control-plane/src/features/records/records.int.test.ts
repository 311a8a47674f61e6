import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { repositories } from '@signalbox/db';
import { type EventReader, openEvents } from '../../testing/event-reader.ts';
import { startTestApi, type TestApi } from '../../testing/index.ts';

let api: TestApi;
const readers: EventReader[] = [];

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => {
  for (const reader of readers) reader.close();
  await api.stop();
});

async function watch(query = '', headers: Record<string, string> = {}): Promise<EventReader> {
  const reader = await openEvents(`${api.url}/v1/events${query}`, api.adminToken, headers);
  readers.push(reader);
  return reader;
}

test('changes arrive as they happen, in order', async () => {
  const events = await watch();
  expect((await events.next()).event).toBe('ready');
  await api.post('/v1/keys', { name: 'first' });
  await api.post('/v1/keys', { name: 'second' });
  const [first, second] = [await events.next(), await events.next()];
  expect(first).toMatchObject({
    event: 'change',
    data: { kind: 'ConsumerKey', name: 'first', change: 'created', project: 'default' },
  });
  expect(second.data.name).toBe('second');
  expect(second.data.seq).toBeGreaterThan(first.data.seq);
  expect(first.id).toBe(String(first.data.seq));
});

test('a reader that comes back goes on where it was', async () => {
  const before = await watch();
  await before.next();
  await api.post('/v1/keys', { name: 'seen' });
  const { id } = await before.next();
  before.close();
  await api.post('/v1/keys', { name: 'missed' });
  const after = await watch('', { 'last-event-id': id ?? '' });
  expect((await after.next()).event).toBe('ready');
  expect((await after.next()).data.name).toBe('missed');
});

test('a reader whose place is no longer known is told to read everything again', async () => {
  const events = await watch('?after=999999');
  expect((await events.next()).event).toBe('reset');
});

test('changes of another project are not told', async () => {
  await api.apply('apiVersion: signalbox.dev/v1\nkind: Project\nmetadata: { name: other }\nspec: {}\n');
  const events = await watch('?project=other');
  await events.next();
  await api.post('/v1/keys', { name: 'default-key' });
  await api.post('/v1/keys', { name: 'other-key', project: 'other' });
  expect((await events.next()).data).toMatchObject({ name: 'other-key', project: 'other' });
});

test('the ledger is whole, pages newest first and exports oldest first', async () => {
  for (const name of ['l1', 'l2', 'l3']) await api.post('/v1/keys', { name });
  const first = (await api.get('/v1/ledger?kind=key.created&limit=2')).body;
  const second = (await api.get(`/v1/ledger?kind=key.created&limit=2&cursor=${first.nextCursor}`)).body;
  expect(first.items.map((entry: { subject: { name: string } }) => entry.subject.name)).toEqual(['l3', 'l2']);
  expect(second.items[0].subject.name).toBe('l1');
  const lines = (await api.get('/v1/ledger/export')).body
    .trim()
    .split('\n')
    .map((line: string) => JSON.parse(line));
  expect(lines.at(-1).subject.name).toBe('l3');
  expect(lines[0].seq).toBeLessThan(lines.at(-1).seq);
  const check = (await api.get('/v1/ledger/verify')).body;
  expect(check).toMatchObject({ intact: true, broken: null });
  expect(check.heads.find((head: { project: string }) => head.project === 'default').entries).toBe(lines.length);
});

test('a gateway that reports is listed, and counts as live', async () => {
  const report = {
    gatewayId: 'g1',
    bootId: 'b1',
    startedAt: 0,
    sentAt: 0,
    applied: { epoch: 0, number: 0, hash: '' },
    accepting: true,
    replicas: [],
    revisions: [],
    routes: [],
  };
  await repositories(api.database).gateways.upsertReport(report, Date.now());
  const { body } = await api.get('/v1/gateways');
  expect(body.items).toEqual([expect.objectContaining({ id: 'g1', live: true, accepting: true, upToDate: false })]);
});
