import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '@signalbox/runtime';
import {
  exampleRoute,
  type OpenTestDatabase,
  openTestDatabase,
  type SeededProject,
  seedDeployment,
  seedProject,
  seedReplica,
  seedRevision,
  seedRoute,
} from '@signalbox/testkit/postgres';
import { repositories } from '../repositories.ts';

let open: OpenTestDatabase;
let ours: SeededProject;
let theirs: SeededProject;
beforeAll(async () => {
  open = await openTestDatabase();
  ours = await seedProject(open.database, 'ours');
  theirs = await seedProject(open.database, 'theirs');
});
afterAll(() => open.close());

const changed = (expectedVersion: number) => ({
  expectedVersion,
  spec: { description: 'changed', licence: null },
  labels: { team: 'a' },
  annotations: {},
  author: 'bob',
  at: Date.UTC(2026, 0, 2),
});

describe('compare and set', () => {
  test('of two changes to the same version one is accepted', async () => {
    const { models } = open.repos;
    const results = await Promise.all(
      [1, 1].map((version) => models.update(ours.projectId, ours.modelId, changed(version))),
    );
    expect(results.sort()).toEqual([false, true]);
    expect(await models.get(ours.projectId, ours.modelId)).toMatchObject({
      version: 2,
      author: 'bob',
      createdAt: ours.at,
      updatedAt: changed(1).at,
      spec: { description: 'changed' },
    });
  });

  test('a deleted deployment is changed no more, and goes only after it was marked', async () => {
    const { deployments } = open.repos;
    const { deployment, revision } = await seedDeployment(open.database, ours, 'deleted');
    const { id, projectId, modelId, spec } = deployment;
    expect(await deployments.remove(id)).toBe('missing');
    expect(await deployments.markDeleted(projectId, id, { expectedVersion: 1, author: 'bob', at: ours.at })).toBe(true);
    const change = { ...changed(2), spec, modelId, specRevisionId: revision.id };
    expect(await deployments.update(projectId, id, change)).toBe(false);
    expect(await deployments.remove(id)).toBe('removed');
    expect(await open.repos.revisions.findMany([revision.id])).toEqual([]);
  });
});

describe('duplicates', () => {
  test('a name is taken once per project, and the answer is a value', async () => {
    const row = await open.repos.models.get(theirs.projectId, theirs.modelId);
    if (row === undefined) throw new Error('not seeded');
    expect(await open.repos.models.insert({ ...row, id: newId() as typeof row.id })).toBe('duplicate');
    expect(await open.repos.models.insert({ ...row, id: newId() as typeof row.id, name: 'other' })).toBe('inserted');
  });

  test('a public model name is unique over all projects, also when a route is changed', async () => {
    const { deployment } = await seedDeployment(open.database, ours, 'routed');
    const other = await seedDeployment(open.database, theirs, 'routed');
    await seedRoute(open.database, ours, deployment, 'public-a');
    const id = await seedRoute(open.database, theirs, other.deployment, 'public-b');
    const change = { ...changed(1), spec: exampleRoute, model: 'public-a', deploymentId: other.deployment.id };
    const outcomes = await open.database.transaction(async (tx) => {
      const { routes } = repositories(tx);
      const first = await routes.update(theirs.projectId, id, change);
      return [first, await routes.update(theirs.projectId, id, { ...change, model: 'public-c' })];
    });
    expect(outcomes).toEqual(['duplicate', 'updated']);
    expect(await open.repos.routes.update(theirs.projectId, id, change)).toBe('stale');
    expect(await open.repos.routes.ownerOfModel('public-a')).toMatchObject({ projectId: ours.projectId });
  });
});

test('what is in use is not removed, and the transaction goes on', async () => {
  const outcomes = await open.database.transaction(async (tx) => {
    const repos = repositories(tx);
    const first = await repos.models.remove(theirs.projectId, theirs.modelId);
    return [first, await repos.models.remove(theirs.projectId, newId() as typeof theirs.modelId)];
  });
  expect(outcomes).toEqual(['inUse', 'missing']);
});

test('revisions are numbered without gaps, however many are made at once', async () => {
  const { deployment } = await seedDeployment(open.database, ours, 'numbered');
  const made = await Promise.all(Array.from({ length: 5 }, () => seedRevision(open.database, ours, deployment.id)));
  expect(made.map(({ number }) => number).sort()).toEqual([2, 3, 4, 5, 6]);
  const { revisions } = open.repos;
  const page = await revisions.list(ours.projectId, deployment.id, { beforeNumber: 5, limit: 2 });
  expect(page.map(({ number }) => number)).toEqual([4, 3]);
  expect((await revisions.latest(ours.projectId, deployment.id))?.number).toBe(6);
});

test('a revision with a known workload finds the first one that has it', async () => {
  const { deployment, revision } = await seedDeployment(open.database, ours, 'shared-workload');
  const second = await seedRevision(open.database, ours, deployment.id, revision);
  const found = await open.repos.revisions.findByWorkloadHash(ours.projectId, deployment.id, second.workloadHash);
  expect(found?.id).toBe(revision.id);
});

test('lists come in order of name and go on from a cursor', async () => {
  for (const name of ['p-c', 'p-a', 'p-b']) await seedDeployment(open.database, theirs, name);
  const { deployments } = open.repos;
  const first = await deployments.list(theirs.projectId, { after: 'p', limit: 2 });
  const second = await deployments.list(theirs.projectId, { after: first.at(-1)?.name, limit: 1 });
  expect([...first, ...second].map(({ name }) => name)).toEqual(['p-a', 'p-b', 'p-c']);
});

test('a project never sees nor touches what belongs to another', async () => {
  const { deployment, revision } = await seedDeployment(open.database, ours, 'private');
  const routeId = await seedRoute(open.database, ours, deployment, 'private-model');
  await seedReplica(open.database, revision, 'private');
  const { models, modelVersions, deployments, revisions, routes } = open.repos;
  const them = theirs.projectId;
  expect(await models.get(them, ours.modelId)).toBeUndefined();
  expect(await modelVersions.get(them, ours.modelVersionId)).toBeUndefined();
  expect(await modelVersions.listByModel(them, ours.modelId)).toEqual([]);
  expect(await deployments.get(them, deployment.id)).toBeUndefined();
  expect(await deployments.getByName(them, 'private')).toBeUndefined();
  expect(await revisions.get(them, revision.id)).toBeUndefined();
  expect(await revisions.list(them, deployment.id, { limit: 9 })).toEqual([]);
  expect(await routes.get(them, routeId)).toBeUndefined();
  expect(await routes.listByDeployment(them, deployment.id)).toEqual([]);
  expect(await models.update(them, ours.modelId, changed(2))).toBe(false);
  expect(await deployments.markDeleted(them, deployment.id, { expectedVersion: 1, author: 'eve', at: 0 })).toBe(false);
  expect(await routes.remove(them, routeId)).toBe('missing');
});
