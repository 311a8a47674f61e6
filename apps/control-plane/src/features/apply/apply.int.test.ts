import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { repositories } from '@signalbox/db';
import { type ApiAnswer, manifests, startTestApi, type TestApi } from '../../testing/index.ts';

const { cluster, deployment, everything, model, route, set, version } = manifests;
let api: TestApi;

beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.stop());

const problems = ({ body }: ApiAnswer) =>
  body.problems.map(({ path, line }: { path: string; line: number }) => `${path}:${line}`);

describe('applying', () => {
  test('creates everything once; the same again changes nothing and says so', async () => {
    const first = await api.apply(everything);
    expect(first.changes).toEqual([
      'Cluster local created',
      'Model tiny created',
      'ModelVersion tiny-v1 created',
      'Deployment chat created',
      'Route chat created',
    ]);
    expect(first.body.changes[3].revision).toBe(1);
    const snapshot = await repositories(api.database).snapshotState.current();
    const again = await api.apply(everything);
    expect(again.changes.every((change) => change.endsWith('unchanged'))).toBe(true);
    expect(await repositories(api.database).snapshotState.current()).toEqual(snapshot);
    expect((await api.get('/v1/deployments/chat/revisions')).body.items).toHaveLength(1);
    expect(api.woken).toHaveLength(1);
  });

  test('does not mind in which order the documents are written', async () => {
    const { changes } = await api.apply(set(route(), deployment(), version('v1'), model, cluster));
    expect(changes).toHaveLength(5);
  });

  test('starts a rollout in the same transaction', async () => {
    await api.apply(everything);
    const { body } = await api.get('/v1/deployments/chat/rollout');
    expect(body.rollout).toMatchObject({ phase: 'planning', from: null, to: { revision: 1, version: 'v1' } });
  });

  test('is told in the ledger and to those who watch', async () => {
    await api.apply(everything);
    const { body } = await api.get('/v1/ledger?subject=chat');
    const kinds = body.items.map(({ kind }: { kind: string }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['deployment.applied', 'route.applied', 'rollout.started']));
    expect((await api.get('/v1/ledger/verify')).body.intact).toBe(true);
  });

  test('at the same time from many places ends as once', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => api.apply(everything)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const created = answers.flatMap(({ changes }) => changes).filter((change) => change.endsWith('created'));
    expect(created.sort()).toEqual([
      'Cluster local created',
      'Deployment chat created',
      'Model tiny created',
      'ModelVersion tiny-v1 created',
      'Route chat created',
    ]);
    expect((await api.get('/v1/deployments/chat/revisions')).body.items).toHaveLength(1);
  });
});

describe('a plan', () => {
  test('tells what would change and changes nothing', async () => {
    const plan = await api.apply(everything, { dryRun: true });
    expect(plan.body.dryRun).toBe(true);
    expect(plan.changes).toContain('Deployment chat created');
    expect((await api.get('/v1/clusters')).body.items).toEqual([]);
    expect((await api.get('/v1/ledger')).body.items).toEqual([]);
    expect(api.woken).toEqual([]);
  });

  test('names the fields in the words of the manifest', async () => {
    await api.apply(everything);
    const { body } = await api.apply(set(deployment({ max: 5 })), { dryRun: true });
    expect(body.changes[0].fields).toEqual([{ path: 'spec.scaling.max', from: 2, to: 5 }]);
  });
});

describe('manifests that are not right change nothing', () => {
  test('one broken document keeps all others from being applied', async () => {
    const { status, body } = await api.apply(set(cluster, model, deployment().replace('scaling', 'scalling')));
    expect([status, body.code]).toEqual([422, 'manifest.invalid']);
    expect(body.problems[0]).toMatchObject({ file: 'test.yaml', line: expect.any(Number), nearest: 'scaling' });
    expect((await api.get('/v1/models')).body.items).toEqual([]);
  });

  test('everything that is missing is told at once, with its place and the nearest name', async () => {
    await api.apply(everything);
    const answer = await api.apply(
      set(
        deployment({ name: 'a' }).replace('model: tiny', 'model: tinny'),
        deployment({ name: 'b', version: 'v11' }),
        deployment({ name: 'c' }).replace('cluster: local', 'cluster: locale, pools: [h100]'),
        route({ name: 'd', deployment: 'chatt' }),
        deployment({ name: 'e' }).replace('name: simulated', 'name: simulatd'),
      ),
    );
    expect(answer.status).toBe(422);
    expect(problems(answer)).toEqual([
      'spec.model:6',
      'spec.version:17',
      'spec.placement.cluster:29',
      'spec.placement.pools[0]:29',
      'spec.engine.name:43',
      'spec.deployment:35',
    ]);
    expect(answer.body.problems[0].nearest).toBe('tiny');
    expect(answer.body.problems[4].allowed).toContain('vllm');
    expect((await api.get('/v1/deployments')).body.items).toHaveLength(1);
  });

  test('what misses something that was itself refused is not told twice', async () => {
    const moving = version('v1').replace(/source: .*/, 'source: { oci: { reference: "example/tiny:latest" } }');
    const answer = await api.apply(set(cluster, model, moving, deployment(), route()));
    expect(problems(answer)).toEqual(['spec.source.oci.reference:19']);
    expect((await api.get('/v1/clusters')).body.items).toEqual([]);
  });

  test('an engine’s refusal is told with its own code', async () => {
    const refused = deployment().replace('placement:', 'quantization: { weights: awq, kvCache: nvfp4 }\n  placement:');
    const { status, body } = await api.apply(set(cluster, model, version('v1'), refused));
    expect([status, body.code]).toEqual([422, 'quantization.unsupported']);
    expect(body.problems[0].path).toMatch(/^spec\.quantization/);
  });

  test('an unknown project', async () => {
    const answer = await api.apply(model.replace('name: tiny', 'name: tiny, project: nowhere'));
    expect(problems(answer)).toEqual(['metadata.project:4']);
  });

  test('a model name that another route has', async () => {
    await api.apply(everything);
    const answer = await api.apply(route({ name: 'other' }).replace('{ deployment', '{ model: chat, deployment'));
    expect(problems(answer)).toEqual(['spec.model:5']);
  });

  test('versions that are each other’s parents', async () => {
    const lineage = (parent: string) => `  lineage: { parent: ${parent} }\n`;
    const answer = await api.apply(set(model, version('v1', lineage('v2')), version('v2', lineage('v1'))));
    expect(answer.body.problems.map(({ message }: { message: string }) => message)).toEqual([
      'goes in a circle: v1 ← v2 ← v1',
      'goes in a circle: v2 ← v1 ← v2',
    ]);
  });

  test('pools of two clusters', async () => {
    const pool = (name: string, on: string) =>
      `\napiVersion: signalbox.dev/v1\nkind: Pool\nmetadata: { name: ${name} }\nspec: { cluster: ${on} }\n`;
    const two = deployment().replace('cluster: local', 'cluster: local, pools: [here, there]');
    const other = cluster.replace('name: local', 'name: far');
    const answer = await api.apply(
      set(cluster, other, pool('here', 'local'), pool('there', 'far'), model, version('v1'), two),
    );
    expect(answer.body.problems[0].path).toBe('spec.placement.pools[1]');
  });
});

describe('revisions', () => {
  test('a change of policy makes a revision that keeps the pods', async () => {
    await api.apply(everything);
    expect((await api.apply(deployment({ max: 6 }))).body.changes[0].revision).toBe(2);
    const { body } = await api.get('/v1/deployments/chat/diff?from=1&to=2');
    expect(body).toMatchObject({
      sameReplicas: true,
      workload: [],
      spec: [{ path: 'spec.scaling.max', from: 2, to: 6 }],
    });
    const [second, first] = (await api.get('/v1/deployments/chat/revisions')).body.items;
    expect(second).toMatchObject({ number: 2, workloadRevision: 1, workloadName: first.workloadName });
    expect(first.workloadName).toMatch(/^chat-[0-9a-f]{10}$/);
  });

  test('another version makes other pods', async () => {
    await api.apply(everything);
    await api.apply(set(version('v2'), deployment({ version: 'v2' })));
    const { body } = await api.get('/v1/deployments/chat/diff?from=1&to=2');
    expect(body.sameReplicas).toBe(false);
    expect(body.spec).toEqual([{ path: 'spec.version', from: 'v1', to: 'v2' }]);
  });

  test('going back to an earlier spec finds its pods again', async () => {
    await api.apply(everything);
    await api.apply(set(version('v2'), deployment({ version: 'v2' })));
    await api.apply(deployment());
    const [third] = (await api.get('/v1/deployments/chat/revisions')).body.items;
    expect(third).toMatchObject({ number: 3, workloadRevision: 1 });
  });

  test('labels alone make none', async () => {
    await api.apply(everything);
    const { body } = await api.apply(deployment({ labels: '{ team: support }' }));
    expect(body.changes[0]).toMatchObject({
      change: 'updated',
      fields: [{ path: 'metadata.labels.team', to: 'support' }],
    });
    expect((await api.get('/v1/deployments/chat/revisions')).body.items).toHaveLength(1);
  });
});

describe('roles', () => {
  test('operators apply what serves; what describes the installation is for admins', async () => {
    const token = await api.tokenFor('operator');
    const asOperator = (text: string) =>
      api.post('/v1/apply', { source: 'ci', sources: [{ file: 'a.yaml', text }] }, { token });
    expect((await asOperator(everything)).status).toBe(403);
    await api.apply(cluster);
    expect((await asOperator(everything)).status).toBe(200);
  });
});
