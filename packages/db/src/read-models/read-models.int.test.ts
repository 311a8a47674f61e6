import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RolloutStatusDetail } from '@signalbox/domain';
import { newId } from '@signalbox/runtime';
import {
  type OpenTestDatabase,
  openTestDatabase,
  rolloutTo,
  type SeededProject,
  seedDeployment,
  seedProject,
  seedReplica,
  seedRevision,
  seedRoute,
} from '@signalbox/testkit/postgres';
import type { Revision } from '../repositories/revisions.ts';
import { repositories } from '../repositories.ts';
import { deploymentOverview } from './deployment-overview.ts';
import { deploymentWorld, deploymentWorlds } from './deployment-world.ts';
import { explainInputs } from './explain-inputs.ts';
import { snapshotInputs } from './snapshot-inputs.ts';

let open: OpenTestDatabase;
let seeded: SeededProject;
beforeAll(async () => {
  open = await openTestDatabase();
  seeded = await seedProject(open.database);
});
afterAll(() => open.close());

const at = Date.UTC(2026, 0, 1);
const detail: RolloutStatusDetail = {
  since: at,
  weightReachedAt: null,
  baseline: null,
  verdict: null,
  approvedBy: null,
  message: 'holding 10 %',
  because: null,
};

/** A deployment in the middle of a canary: the first revision stable, the second at 10 %, a third that shares the second's pods. */
async function midway(name: string) {
  const { deployment, revision: stable } = await seedDeployment(open.database, seeded, name);
  const candidate = await seedRevision(open.database, seeded, deployment.id);
  const policyOnly = await seedRevision(open.database, seeded, deployment.id, candidate);
  const rollout = rolloutTo(policyOnly, stable);
  const { repos } = open;
  await repos.rollouts.insert(rollout, { detail });
  await repos.rolloutCommands.append({ rolloutId: rollout.id, kind: 'pause', actor: 'ada', reason: null, at });
  const row = (revision: Revision) => ({ revisionId: revision.id, deploymentId: deployment.id, updatedAt: at });
  await repos.revisionRoles.set({ ...row(stable), role: 'stable', capacityShare: 10_000 });
  await repos.revisionRoles.set({ ...row(candidate), role: 'candidate', capacityShare: 1_000 });
  await repos.replicaCounts.set({ ...row(stable), desired: 2, reason: 'min' });
  await repos.replicaCounts.set({ ...row(candidate), desired: 1, reason: 'min' });
  await repos.deploymentTraffic.save(deployment.id, {
    expectedVersion: 1,
    stableRevisionId: stable.id,
    formerRevisionId: null,
    keepWarmUntil: null,
    split: [
      { revisionId: stable.id, weight: 9_000 },
      { revisionId: candidate.id, weight: 1_000 },
    ],
    at,
  });
  const [serving] = [await seedReplica(open.database, stable, 'a'), await seedReplica(open.database, candidate, 'b')];
  await repos.replicas.setTraffic(serving, 'none', 'serving', at);
  return { deployment, stable, candidate, policyOnly, rollout, serving };
}

test('the overview tells versions, replicas and the rollout of each deployment in one line', async () => {
  const other = await seedProject(open.database, 'elsewhere');
  await seedDeployment(open.database, other, 'not-ours');
  await midway('overview');
  await seedDeployment(open.database, seeded, 'overview-quiet');
  const rows = await deploymentOverview(open.database, seeded.projectId, { after: 'overvie', limit: 2 });
  expect(rows).toMatchObject([
    {
      name: 'overview',
      specVersion: 'v1',
      specRevision: 1,
      stableVersion: 'v1',
      stableRevision: 1,
      replicas: { desired: 3, ready: 2, serving: 1 },
      rollout: { phase: 'planning', stepIndex: 0, steps: 2, paused: false, weight: 1_000, message: 'holding 10 %' },
      createdAt: at,
    },
    { name: 'overview-quiet', stableVersion: null, replicas: { desired: 0, ready: 0, serving: 0 }, rollout: null },
  ]);
});

test('the world of a deployment holds every row that a decision about it needs, and no other', async () => {
  await midway('neighbour');
  const { deployment, stable, candidate, policyOnly, rollout } = await midway('world');
  await seedRevision(open.database, seeded, deployment.id);
  await open.repos.revisionStats.add(
    [{ revisionId: candidate.id, counts: { requests: 3, errors: 0, rescued: 0, cancelled: 0, ttftCounts: [3] } }],
    at,
  );
  await open.repos.clusterStatus.save({
    clusterId: seeded.clusterId,
    reachable: true,
    since: at,
    message: null,
    capacity: [],
    observedAt: at,
  });
  const world = await deploymentWorld(open.database, deployment.id);
  expect(world).toMatchObject({
    deployment: { id: deployment.id },
    project: 'default',
    traffic: { stableRevisionId: stable.id },
    rollout: { rollout: { id: rollout.id }, status: { phase: 'planning' }, commands: [{ kind: 'pause' }] },
    scaleOverride: undefined,
    roles: [{ role: 'stable' }, { role: 'candidate' }],
    replicaCounts: [{ desired: 2 }, { desired: 1 }],
    replicas: [{ traffic: 'serving' }, { traffic: 'none' }],
    stats: [{ revisionId: candidate.id, counts: { requests: 3 } }],
    clusterStatuses: [{ reachable: true, since: at }],
  });
  expect(world?.revisions.map(({ id }) => id)).toEqual([stable.id, candidate.id, policyOnly.id]);
});

test('many worlds are the same as each alone', async () => {
  const first = await midway('many-a');
  const second = await midway('many-b');
  const ids = [first.deployment.id, second.deployment.id];
  const worlds = await deploymentWorlds(open.database, [...ids, newId() as (typeof ids)[number]]);
  expect(worlds.size).toBe(2);
  for (const id of ids) expect(worlds.get(id)).toEqual(await deploymentWorld(open.database, id));
});

test('explain gets the world with what was decided, changed and tried last', async () => {
  const { deployment, rollout } = await midway('explained');
  const { repos } = open;
  await repos.reconciles.record({
    controller: 'rollouts',
    objectId: deployment.id,
    outcome: 'retrying',
    failures: 1,
    lastError: 'no room',
    at,
    nextAt: at,
  });
  const subject = { subjectKind: 'Rollout', subjectName: 'explained', subjectId: rollout.id };
  await repos.ledger.append({
    projectId: seeded.projectId,
    project: 'default',
    at,
    actor: 'ada',
    kind: 'rollout.started',
    ...subject,
    reason: null,
    evidence: {},
  });
  await repos.changes.append({
    projectId: seeded.projectId,
    kind: 'Deployment',
    objectId: deployment.id,
    name: 'explained',
    change: 'status',
    message: null,
    at,
  });
  expect(await explainInputs(open.database, deployment.id)).toMatchObject({
    world: { deployment: { name: 'explained' } },
    rollouts: [{ rollout: { id: rollout.id } }],
    reconciles: [{ outcome: 'retrying', lastError: 'no room' }],
    changes: [{ change: 'status' }],
    ledger: [{ kind: 'rollout.started', subjectId: rollout.id }],
  });
});

test('the snapshot gets routes, splits, the revisions that may be called, their replicas in traffic, and live keys', async () => {
  const { deployment, stable, candidate, serving } = await midway('routed');
  const routeId = await seedRoute(open.database, seeded, deployment, 'chat');
  const key = { projectId: seeded.projectId, name: 'k', prefix: 'sbk', routes: ['*'], author: 'ada', createdAt: at };
  const [live, revoked] = [newId(), newId()];
  await open.repos.consumerKeys.insert({ ...key, id: live, hash: 'live' });
  await open.repos.consumerKeys.insert({ ...key, id: revoked, hash: 'revoked', revokedAt: at });
  const inputs = await snapshotInputs(open.database);
  expect(inputs.routes).toMatchObject([{ id: routeId, model: 'chat', project: 'default', deployment: 'routed' }]);
  expect(inputs.splits.map(({ deploymentId }) => deploymentId)).toEqual([deployment.id]);
  const common = {
    deployment: 'routed',
    model: 'tiny',
    version: 'v1',
    versionDigest: `sha256:${'a'.repeat(64)}`,
    engine: 'simulated',
    image: 'signalbox/simulated-engine:1',
    quantization: { weights: null, kvCache: null },
  };
  expect(inputs.revisions).toMatchObject([
    { id: stable.id, role: 'stable', number: 1, ...common },
    { id: candidate.id, role: 'candidate', number: 2, ...common },
  ]);
  expect(inputs.replicas).toMatchObject([{ id: serving, revisionId: stable.id, traffic: 'serving' }]);
  expect(inputs.keys.map(({ id }) => id)).toEqual([live]);
});

test('a snapshot never mixes two states: its number and its rows are of one moment', async () => {
  const { deployment, stable, candidate } = await midway('moving');
  await seedRoute(open.database, seeded, deployment, 'moving');
  // Each move puts its snapshot's number into the split, so that a reader can tell whether both belong together.
  const move = (expectedVersion: number) =>
    open.database.transaction(async (tx) => {
      const repos = repositories(tx);
      const { number } = await repos.snapshotState.bump();
      const split = [
        { revisionId: stable.id, weight: 10_000 - number },
        { revisionId: candidate.id, weight: number },
      ];
      const traffic = { stableRevisionId: stable.id, formerRevisionId: null, keepWarmUntil: null, split, at };
      await repos.deploymentTraffic.save(deployment.id, { expectedVersion, ...traffic });
    });
  const moving = (async () => {
    for (let version = 2; version < 42; version += 1) await move(version);
  })();
  let seen = 0;
  for (let reads = 0; reads < 20; reads += 1) {
    const { state, splits } = await snapshotInputs(open.database);
    const weight = splits.find(({ deploymentId }) => deploymentId === deployment.id)?.split[1]?.weight;
    if (weight === 1_000) continue;
    expect(weight).toBe(state.number);
    seen += 1;
  }
  await moving;
  expect(seen).toBeGreaterThan(0);
});
