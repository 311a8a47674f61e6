import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RolloutStatusDetail } from '@signalbox/domain';
import {
  type OpenTestDatabase,
  openTestDatabase,
  rolloutTo,
  type SeededProject,
  seedDeployment,
  seedProject,
} from '@signalbox/testkit/postgres';
import type { Deployment } from './deployments.ts';
import type { Revision } from './revisions.ts';

let open: OpenTestDatabase;
let seeded: SeededProject;
let deployment: Deployment;
let revision: Revision;
let count = 0;
beforeAll(async () => {
  open = await openTestDatabase();
  seeded = await seedProject(open.database);
});
afterAll(() => open.close());
beforeEach(async () => {
  ({ deployment, revision } = await seedDeployment(open.database, seeded, `chat-${count++}`));
});

const detail: RolloutStatusDetail = {
  since: Date.UTC(2026, 0, 1),
  weightReachedAt: null,
  baseline: null,
  verdict: null,
  approvedBy: null,
  message: 'planning',
  because: null,
};
const progress = { stepIndex: 0, paused: false, detail, commandSeq: 0, at: detail.since + 5 };

test('one deployment never has two active rollouts', async () => {
  const outcomes = await Promise.all([1, 2, 3].map(() => open.repos.rollouts.insert(rolloutTo(revision), { detail })));
  expect(outcomes.sort()).toEqual(['duplicate', 'duplicate', 'inserted']);
  expect(await open.repos.rollouts.history(seeded.projectId, deployment.id, { limit: 9 })).toHaveLength(1);
});

test('a rollout that ended makes room for the next one', async () => {
  const { rollouts, rolloutStatus } = open.repos;
  const first = rolloutTo(revision);
  await rollouts.insert(first, { detail });
  expect(await rolloutStatus.save(first.id, { ...progress, expectedVersion: 1, phase: 'superseded' })).toBe(true);
  const second = rolloutTo(revision);
  expect(await rollouts.insert(second, { detail })).toBe('inserted');
  expect((await rollouts.active(deployment.id))?.rollout).toEqual(second);
  const ended = await rollouts.find(first.id);
  expect(ended?.status).toMatchObject({ active: false, version: 2, finishedAt: progress.at });
  const history = await rollouts.history(seeded.projectId, deployment.id, { limit: 1 });
  const older = await rollouts.history(seeded.projectId, deployment.id, { limit: 1, before: history[0]?.rollout.id });
  expect([history, older].map(([row]) => row?.rollout.id)).toEqual([second.id, first.id]);
});

test('status is saved by whoever read it last', async () => {
  const rollout = rolloutTo(revision);
  await open.repos.rollouts.insert(rollout, { detail });
  const save = () => open.repos.rolloutStatus.save(rollout.id, { ...progress, expectedVersion: 1, phase: 'stepping' });
  expect((await Promise.all([save(), save()])).sort()).toEqual([false, true]);
});

test('commands are pending until the status has gone past them', async () => {
  const rollout = rolloutTo(revision);
  await open.repos.rollouts.insert(rollout, { detail });
  const command = { rolloutId: rollout.id, actor: 'ada', reason: null, at: detail.since };
  const pause = await open.repos.rolloutCommands.append({ ...command, kind: 'pause' });
  await open.repos.rolloutCommands.append({ ...command, kind: 'resume' });
  const pending = await open.repos.rolloutCommands.pendingAfter(rollout.id, pause);
  expect(pending.map(({ kind }) => kind)).toEqual(['resume']);
});

test('traffic is moved by whoever read it last', async () => {
  const { deploymentTraffic } = open.repos;
  const move = {
    expectedVersion: 1,
    stableRevisionId: revision.id,
    formerRevisionId: null,
    keepWarmUntil: detail.since,
    split: [{ revisionId: revision.id, weight: 10_000 }],
    at: detail.since,
  };
  const save = () => deploymentTraffic.save(deployment.id, move);
  expect((await Promise.all([save(), save()])).sort()).toEqual([false, true]);
  expect(await deploymentTraffic.get(deployment.id)).toMatchObject({
    version: 2,
    keepWarmUntil: detail.since,
    split: move.split,
  });
});

test('roles and replica counts tell whether they changed', async () => {
  const { revisionRoles, replicaCounts } = open.repos;
  const row = { revisionId: revision.id, deploymentId: deployment.id, updatedAt: detail.since };
  const role = { ...row, role: 'candidate' as const, capacityShare: 1_000 };
  expect(await revisionRoles.set(role)).toBe(true);
  expect(await revisionRoles.set({ ...role, updatedAt: detail.since + 1 })).toBe(false);
  expect(await revisionRoles.set({ ...role, role: 'stable' })).toBe(true);
  expect(await revisionRoles.listByDeployment(deployment.id)).toEqual([{ ...role, role: 'stable' }]);
  const desired = { ...row, desired: 2, reason: 'min' };
  expect(await replicaCounts.set(desired)).toBe(true);
  expect(await replicaCounts.set({ ...desired, reason: 'other' })).toBe(false);
  expect(await replicaCounts.listByDeployment(deployment.id)).toEqual([desired]);
  await revisionRoles.remove(revision.id);
  expect(await revisionRoles.listByDeployment(deployment.id)).toEqual([]);
});

test('a scale override holds until it is cleared', async () => {
  const { scaleOverrides } = open.repos;
  const override = { deploymentId: deployment.id, replicas: 4, author: 'ada', createdAt: detail.since };
  await scaleOverrides.set({ ...override, replicas: 2 });
  await scaleOverrides.set(override);
  expect(await scaleOverrides.get(deployment.id)).toEqual(override);
  expect(await scaleOverrides.clear(deployment.id)).toBe(true);
  expect(await scaleOverrides.clear(deployment.id)).toBe(false);
});
