import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { repositories } from '@signalbox/db';
import type { ProjectId } from '@signalbox/domain';
import { manifests, startTestApi, type TestApi } from '../../testing/index.ts';

const { cluster, deployment, everything, model, route, set, version } = manifests;
let api: TestApi;

beforeEach(async () => {
  api = await startTestApi();
  await api.apply(everything, { source: 'team-a' });
});
afterEach(() => api.stop());

const prune = (text: string, options: { yes?: boolean; dryRun?: boolean; source?: string } = {}) =>
  api.apply(text, { source: 'team-a', prune: true, ...options });

/** As if the first rollout had completed. */
async function giveTraffic(): Promise<void> {
  const { deployments, projects, deploymentTraffic, revisions } = repositories(api.database);
  const project = (await projects.getByName('default'))?.id as ProjectId;
  const id = (await deployments.getByName(project, 'chat'))?.id;
  if (id === undefined) throw new Error('chat is not there');
  const revision = await revisions.latest(project, id);
  const traffic = await deploymentTraffic.get(id);
  if (revision === undefined || traffic === undefined) throw new Error('chat has no revision');
  await deploymentTraffic.save(id, {
    expectedVersion: traffic.version,
    stableRevisionId: revision.id,
    formerRevisionId: null,
    keepWarmUntil: null,
    split: [{ revisionId: revision.workloadRevisionId, weight: 10_000 }],
    at: Date.now(),
  });
}

/** As controllers do once the replicas are gone. */
async function removeDeleted(): Promise<void> {
  const { deployments } = repositories(api.database);
  for (const id of await deployments.listIds()) await deployments.remove(id);
}

test('what the source no longer contains goes, what refers to others first', async () => {
  const { changes } = await prune(set(cluster, model, version('v1')));
  expect(changes.slice(3)).toEqual(['Route chat deleted', 'Deployment chat deleted']);
});

test('what a deployment still needs while it is taken down goes with a later prune', async () => {
  const first = await prune(cluster);
  expect(first.changes.slice(1)).toEqual([
    'Route chat deleted',
    'Deployment chat deleted',
    'ModelVersion tiny-v1 unchanged',
    'Model tiny unchanged',
  ]);
  expect(first.body.changes[3].note).toContain('Deployment chat, which is being deleted');
  await removeDeleted();
  expect((await prune(cluster)).changes.slice(1)).toEqual(['ModelVersion tiny-v1 deleted', 'Model tiny deleted']);
});

test('a version that only history refers to stays', async () => {
  const next = set(cluster, model, version('v2'), deployment({ version: 'v2' }), route());
  const { status, body } = await prune(next);
  expect(status).toBe(200);
  expect(body.changes.at(-1)).toMatchObject({
    name: 'tiny-v1',
    change: 'unchanged',
    note: expect.stringContaining('revisions'),
  });
});

test('a plan removes nothing', async () => {
  const { changes } = await prune(set(cluster, model, version('v1'), deployment()), { dryRun: true });
  expect(changes).toContain('Route chat deleted');
  expect((await api.get('/v1/routes')).body.items).toHaveLength(1);
});

test('what another source applied stays', async () => {
  const { changes } = await prune(set(cluster, model), { source: 'team-b' });
  expect(changes).toEqual(['Cluster local unchanged', 'Model tiny unchanged']);
});

test('a deployment that carries traffic goes only when that was said', async () => {
  await giveTraffic();
  const rest = set(cluster, model, version('v1'));
  const refused = await prune(rest);
  expect([refused.status, refused.body.code]).toEqual([409, 'deployment.carries_traffic']);
  expect((await api.get('/v1/routes')).body.items).toHaveLength(1);
  const { status, changes } = await prune(rest, { yes: true });
  expect(status).toBe(200);
  expect(changes.slice(3)).toEqual(['Route chat deleted', 'Deployment chat deleted']);
});

test('so does a route to one', async () => {
  await giveTraffic();
  const { body } = await prune(set(cluster, model, version('v1'), deployment()));
  expect(body.code).toBe('deployment.carries_traffic');
});

test('what was deleted by hand is forgotten', async () => {
  await api.delete('/v1/routes/chat');
  const { changes } = await prune(set(cluster, model, version('v1'), deployment()));
  expect(changes.some((change) => change.startsWith('Route'))).toBe(false);
});

test('what others use stays, and who uses it is told', async () => {
  await api.apply(deployment({ name: 'second' }), { source: 'team-b' });
  const { status, body } = await prune(set(cluster, model, deployment(), route()));
  expect([status, body.code]).toEqual([409, 'resource.in_use']);
  expect(body.detail).toContain('Deployment second');
});

test('nothing at all is more likely a mistake than a wish', async () => {
  expect((await prune('')).status).toBe(422);
  expect((await api.get('/v1/deployments')).body.items).toHaveLength(1);
});
