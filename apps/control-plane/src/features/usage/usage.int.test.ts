import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { repositories, usageSums } from '@signalbox/db';
import type { UsageRecord } from '@signalbox/domain';
import { systemClock } from '@signalbox/runtime';
import { startTestApi, type TestApi } from '../../testing/index.ts';
import { forgetUsage } from './index.ts';

let api: TestApi;
let token: string;
let key: { id: string };

beforeAll(async () => {
  api = await startTestApi();
  token = await api.tokenFor('gateway');
  key = (await api.post('/v1/keys', { name: 'app' })).body;
});
afterAll(() => api.stop());

const hour = Date.UTC(2026, 2, 1, 10);
let made = 0;
const record = (change: Partial<UsageRecord> = {}): UsageRecord => ({
  id: `boot-${++made}`,
  requestId: `req-${made}`,
  traceId: 'trace',
  gatewayId: 'gw-1',
  project: 'default',
  routeId: 'route-1',
  route: 'chat',
  keyId: key.id,
  priority: 'standard',
  revisionId: 'rev-1',
  deployment: 'chat',
  revision: 3,
  model: 'tiny',
  version: 'v3',
  versionDigest: 'sha256:1',
  engine: 'vllm',
  quantization: 'fp8',
  replicaId: 'chat-3-0',
  operation: '/v1/chat/completions',
  stream: true,
  startedAt: hour + 60_000,
  queuedMs: 1,
  firstByteMs: 30,
  durationMs: 200,
  status: 200,
  outcome: 'ok',
  attempts: 1,
  tokens: { input: 10, cached: 4, output: 20, reasoning: 5 },
  exactness: 'exact',
  bytesIn: 600,
  bytesOut: 5_000,
  ...change,
});

async function report(records: readonly unknown[], headers: Record<string, string> = {}, body?: Buffer) {
  const response = await fetch(`${api.url}/v1/gateways/gw-1/usage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: body === undefined ? JSON.stringify({ records }) : new Uint8Array(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers that they expect, whatever those are
  return { status: response.status, body: (await response.json()) as any };
}

const usage = async (query: string) => (await api.get(`/v1/usage?${query}`)).body;
const day = 'from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z';

describe('usage records', () => {
  test('sent twice, side by side and in part again, are stored and counted once', async () => {
    const batch = Array.from({ length: 200 }, () => record({ project: 'default', route: 'once', routeId: 'r-once' }));
    const answers = await Promise.all([
      report(batch),
      report(batch.toReversed()),
      report(batch.slice(50)),
      report(batch, { 'content-encoding': 'gzip' }, gzipSync(JSON.stringify({ records: batch }))),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers.reduce((sum, { body }) => sum + body.stored, 0)).toBe(200);
    expect(answers.reduce((sum, { body }) => sum + body.known, 0)).toBe(550);
    const { items } = await usage(`${day}&groupBy=route,version`);
    expect(items.find(({ route }: { route: string }) => route === 'once')).toMatchObject({
      version: { model: 'tiny', version: 'v3' },
      requests: 200,
      tokens: { input: 2_000, cached: 800, output: 4_000, reasoning: 1_000 },
      durationMs: 40_000,
    });
  });

  test('an id that stands twice in one batch counts once', async () => {
    const one = record();
    expect((await report([one, one])).body).toEqual({ stored: 1, known: 1 });
  });

  test('of a request lead from its consumer to its replica, with tokens and times', async () => {
    await report([record({ requestId: 'seen/"ü' })]);
    const { status, body } = await api.get(`/v1/usage/requests/${encodeURIComponent('seen/"ü')}`);
    expect(status).toBe(200);
    expect(body.items).toEqual([
      expect.objectContaining({
        keyName: 'app',
        route: 'chat',
        deployment: 'chat',
        revision: 3,
        versionDigest: 'sha256:1',
        quantization: 'fp8',
        replicaId: 'chat-3-0',
        startedAt: '2026-03-01T10:01:00.000Z',
        tokens: { input: 10, cached: 4, output: 20, reasoning: 5 },
        exactness: 'exact',
      }),
    ]);
  });

  test('tell why a request went where it went, where its gateway kept that', async () => {
    const decision = {
      deployment: 'chat',
      revision: 3,
      revisionBy: 'rescue',
      replicaId: 'chat-3-\u00e4',
      tier: 1,
      scorers: [{ name: 'queue', weight: 0.5 }],
      candidates: [{ replicaId: 'chat-3-0', total: 0.25, uncachedTokens: 12, scores: [0.5] }],
      filtered: [{ replicaId: 'chat-3-1', by: 'notEjected' }],
      unlisted: 0,
    } as const;
    await report([record({ requestId: 'why', routing: [decision, decision] }), record({ requestId: 'why not' })]);
    const routingOf = async (id: string) => (await api.get(`/v1/usage/requests/${id}`)).body.items[0].routing;
    expect(await routingOf('why')).toEqual([decision, decision]);
    expect(await routingOf('why%20not')).toBeNull();
    const odd = { ...record(), routing: [{ ...decision, revisionBy: 'chance' }] };
    expect((await report([odd])).status).toBe(400);
  });

  test('of another project are not shown', async () => {
    await api.apply('apiVersion: signalbox.dev/v1\nkind: Project\nmetadata: { name: other }\nspec: {}\n');
    await report([record({ requestId: 'theirs', project: 'other', route: 'theirs' })]);
    expect((await api.get('/v1/usage/requests/theirs')).body.code).toBe('resource.not_found');
    expect((await api.get('/v1/usage/requests/theirs?project=other')).status).toBe(200);
    expect((await usage(`${day}&groupBy=route`)).items.map(({ route }: { route: string }) => route)).not.toContain(
      'theirs',
    );
    const all = await usage(`${day}&allProjects=true&groupBy=project`);
    expect(all.items.map(({ project }: { project: string }) => project)).toEqual(['default', 'other']);
  });

  test('may carry whatever a caller put into a request id', async () => {
    const odd = 'nul\0 half\ud800 quote" \\ tab\t';
    expect((await report([record({ requestId: odd })])).body).toEqual({ stored: 1, known: 0 });
  });

  test('merged ones count as many requests', async () => {
    await report([record({ route: 'merged', routeId: 'm', requests: 41, requestId: '', outcome: 'error' })]);
    const { items } = await usage(`${day}&groupBy=route`);
    expect(items.find(({ route }: { route: string }) => route === 'merged')).toMatchObject({
      requests: 41,
      failed: 41,
    });
  });

  test.each<{ name: string; records: () => unknown[] }>([
    { name: 'no records', records: () => [] },
    { name: 'too many', records: () => Array.from({ length: 1_001 }, () => record()) },
    {
      name: 'tokens below zero',
      records: () => [record({ tokens: { input: -1, cached: 0, output: 0, reasoning: 0 } })],
    },
    { name: 'an outcome that there is not', records: () => [{ ...record(), outcome: 'fine' }] },
  ])('$name: refused, and nothing is stored', async ({ records }) => {
    const good = record({ requestId: 'with-bad-ones' });
    const sent = records();
    const { status, body } = await report(sent.length === 0 ? [] : [good, ...sent]);
    expect([status, body.code]).toEqual([400, 'request.invalid']);
    expect((await api.get('/v1/usage/requests/with-bad-ones')).status).toBe(404);
  });

  test('are taken from gateways only', async () => {
    const { status, body } = await api.post('/v1/gateways/gw-1/usage', { records: [record()] });
    expect([status, body.code]).toEqual([403, 'auth.forbidden']);
  });
});

describe('sums', () => {
  test('are paged without a gap or a repetition, requests without a key and a revision among them', async () => {
    const spread = Array.from({ length: 30 }, (_, i) =>
      record({
        project: 'other',
        route: `r${i % 5}`,
        keyId: i % 3 === 0 ? null : `key-${i % 3}`,
        startedAt: hour + (i % 4) * 3_600_000,
        ...(i % 6 === 0 ? { revisionId: null, model: null, version: null } : {}),
      }),
    );
    await report(spread);
    const query = `${day}&project=other&groupBy=key,version,route,hour`;
    const whole = await usage(`${query}&limit=500`);
    const paged: unknown[] = [];
    for (let cursor = ''; ; ) {
      const page = await usage(`${query}&limit=7${cursor}`);
      paged.push(...page.items);
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(paged).toEqual(whole.items);
    expect(whole.items.reduce((sum: number, { requests }: { requests: number }) => sum + requests, 0)).toBe(31);
  });

  test('cover whole hours and say which; without groups there is one', async () => {
    const answer = await usage('from=2026-03-01T10:20:00Z&to=2026-03-01T10:40:00Z&project=other&groupBy=');
    expect(answer).toMatchObject({ from: '2026-03-01T10:00:00.000Z', to: '2026-03-01T11:00:00.000Z', groupBy: [] });
    expect(answer.items).toHaveLength(1);
    expect((await usage('from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z&groupBy=')).items).toEqual([]);
  });

  test.each([
    ['groupBy=model', 'query.groupBy'],
    ['groupBy=key,key', 'query.groupBy'],
    ['from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z', 'query.from'],
    ['from=2020-03-02T00:00:00Z', 'query.from'],
    ['from=yesterday', 'query.from'],
    ['cursor=WyJhIiwiYiJd', 'query.cursor'],
    ['cursor=e30', 'query.cursor'],
    ['grupBy=key', 'query.grupBy'],
  ])('%s is refused, and told where', async (query, path) => {
    const { status, body } = await api.get(`/v1/usage?${query}`);
    expect([status, body.code]).toEqual([400, 'request.invalid']);
    expect(body.problems[0].path.startsWith(path)).toBe(true);
  });

  test('outlive the records, which go after their days', async () => {
    await report([record({ requestId: 'old' })]);
    const later = { ...systemClock, now: () => Date.now() + 29 * 86_400_000 };
    await forgetUsage(api.database, later, 30);
    expect((await api.get('/v1/usage/requests/old')).status).toBe(200);
    const query = { project: 'default', from: hour, to: hour + 3_600_000, groupBy: [], after: undefined, limit: 10 };
    const [before] = await usageSums(api.database, query);
    await forgetUsage(api.database, { ...systemClock, now: () => Date.now() + 31 * 86_400_000 }, 30);
    expect((await api.get('/v1/usage/requests/old')).status).toBe(404);
    expect(await repositories(api.database).usage.prune(Date.now() + 1e12, 10)).toBe(0);
    expect((await usageSums(api.database, query))[0]).toEqual(before);
  });
});
