import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { manifests, startTestApi, type TestApi } from '../../testing/index.ts';

const { cluster, deployment, everything, model, set, version } = manifests;
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await api.apply(everything);
});
afterAll(() => api.stop());

const names = (body: { items: { metadata: { name: string } }[] }) => body.items.map(({ metadata }) => metadata.name);

describe('reading', () => {
  test.each(['projects', 'clusters', 'pools', 'models', 'model-versions', 'deployments', 'routes'])(
    '%s come as envelopes with what was written and what is known',
    async (kind) => {
      const { status, body } = await api.get(`/v1/${kind}`);
      expect(status).toBe(200);
      expect(body.nextCursor).toBeNull();
      for (const item of body.items) {
        expect(item).toMatchObject({
          apiVersion: 'signalbox.dev/v1',
          metadata: { version: expect.any(Number), author: expect.any(String) },
          spec: expect.any(Object),
          status: expect.any(Object),
        });
        const { body: one, headers } = await api.get(`/v1/${kind}/${item.metadata.name}`);
        expect(one.metadata).toEqual(item.metadata);
        expect(headers.get('etag')).toBe(`"${item.metadata.version}"`);
      }
    },
  );

  test('what was read can be applied again and changes nothing', async () => {
    for (const path of ['clusters/local', 'models/tiny', 'model-versions/tiny-v1', 'deployments/chat', 'routes/chat']) {
      const { kind, apiVersion, metadata, spec } = (await api.get(`/v1/${path}`)).body;
      const text = JSON.stringify({ apiVersion, kind, metadata: { name: metadata.name }, spec });
      expect((await api.apply(text)).changes).toEqual([`${kind} ${metadata.name} unchanged`]);
    }
  });

  test('a deployment tells its state in words', async () => {
    const { status } = (await api.get('/v1/deployments/chat')).body;
    expect(status).toMatchObject({
      phase: 'provisioning',
      replicas: { desired: 0, ready: 0, serving: 0 },
      wanted: { revision: 1, version: 'v1' },
      stable: null,
      routes: ['chat'],
      simulated: true,
    });
    expect(status.conditions.map(({ type, status }: { type: string; status: string }) => `${type} ${status}`)).toEqual([
      'Ready false',
      'Settled false',
      'ClusterReachable unknown',
    ]);
  });

  test('what nobody wrote is not found', async () => {
    for (const kind of ['projects', 'clusters', 'pools', 'models', 'model-versions', 'deployments', 'routes']) {
      const { status, body } = await api.get(`/v1/${kind}/nothing`);
      expect([status, body.code]).toEqual([404, 'resource.not_found']);
    }
  });

  test('the nearest project is named', async () => {
    expect((await api.get('/v1/models?project=defualt')).body.detail).toContain('Did you mean default?');
  });
});

describe('long lists', () => {
  test('come in pages, in order of name, each once', async () => {
    const many = Array.from({ length: 25 }, (_, i) =>
      model.replace(
        'name: tiny',
        `name: m-${String(i).padStart(2, '0')}, labels: { parity: ${i % 2 === 0 ? 'even' : 'odd'} }`,
      ),
    );
    await api.apply(set(...many));
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body }: { body: { items: []; nextCursor: string | null } } = await api.get(
        `/v1/models?limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...names(body));
      cursor = body.nextCursor;
    }
    expect(seen).toEqual([...seen].sort());
    expect(seen).toHaveLength(26);
    const odd = (await api.get('/v1/models?labelSelector=parity%3Dodd&limit=5')).body;
    expect(names(odd)).toEqual(['m-01', 'm-03', 'm-05', 'm-07', 'm-09']);
    const next = (await api.get(`/v1/models?labelSelector=parity%3Dodd&limit=50&cursor=${odd.nextCursor}`)).body;
    expect(names(next)).toHaveLength(7);
  });

  test('a selector that cannot be read is refused', async () => {
    const { status, body } = await api.get('/v1/models?labelSelector=a~b');
    expect([status, body.problems[0].path]).toEqual([400, 'query.labelSelector']);
  });
});

describe('deleting', () => {
  test('what others use is refused, and they are named', async () => {
    for (const [path, user] of [
      ['clusters/local', 'Deployment chat'],
      ['models/tiny', 'ModelVersion tiny-v1'],
      ['model-versions/tiny-v1', 'Deployment chat'],
      ['deployments/chat', 'Route chat'],
      ['projects/default', 'everything'],
    ]) {
      const { status, body } = await api.delete(`/v1/${path}`);
      expect([status, body.code]).toEqual([409, 'resource.in_use']);
      expect(body.detail).toContain(user);
    }
  });

  test('goes through only when nothing changed since it was read', async () => {
    await api.apply(set(version('old'), deployment({ name: 'etag', version: 'old' })));
    const { headers } = await api.get('/v1/deployments/etag');
    await api.apply(deployment({ name: 'etag', version: 'old', max: 7 }));
    const stale = await api.delete('/v1/deployments/etag', { headers: { 'if-match': headers.get('etag') ?? '' } });
    expect([stale.status, stale.body.code]).toEqual([412, 'request.precondition_failed']);
    expect(stale.body.detail).toContain('"2"');
    const fresh = await api.delete('/v1/deployments/etag', { headers: { 'if-match': 'W/"1", "2"' } });
    expect([fresh.status, fresh.body.state]).toEqual([200, 'deleting']);
  });

  test('a deployment is shown until its replicas are gone, and its name is not free before', async () => {
    await api.apply(deployment({ name: 'leaving' }));
    const before = api.woken.length;
    await api.delete('/v1/deployments/leaving');
    expect(api.woken.length).toBe(before + 1);
    expect((await api.get('/v1/deployments/leaving')).body.status.phase).toBe('deleting');
    const { status, body } = await api.apply(deployment({ name: 'leaving' }));
    expect(status).toBe(422);
    expect(body.problems[0].message).toContain('still being deleted');
    expect((await api.post('/v1/deployments/leaving/scale', { replicas: 2 })).status).toBe(404);
  });

  test('what nothing uses goes at once', async () => {
    await api.apply(cluster.replace('name: local', 'name: spare'));
    expect((await api.delete('/v1/clusters/spare')).body).toMatchObject({ kind: 'Cluster', state: 'deleted' });
    expect((await api.delete('/v1/clusters/spare')).status).toBe(404);
  });
});
