import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { repositories } from '@signalbox/db';
import type { DeploymentId, ProjectId } from '@signalbox/domain';
import { manifests, startTestApi, type TestApi } from '../../testing/index.ts';

const { deployment, everything, version } = manifests;
let api: TestApi;

beforeEach(async () => {
  api = await startTestApi();
  await api.apply(everything);
  await api.apply(version('v2'));
});
afterEach(() => api.stop());

interface Ids {
  project: ProjectId;
  id: DeploymentId;
}

async function chat(): Promise<Ids> {
  const { projects, deployments } = repositories(api.database);
  const project = (await projects.getByName('default'))?.id as ProjectId;
  return { project, id: (await deployments.getByName(project, 'chat'))?.id as DeploymentId };
}

/** As controllers do when the rollout under way has come to its end. */
async function completeRollout(): Promise<void> {
  const { project, id } = await chat();
  const { rollouts, rolloutStatus, deploymentTraffic, revisions } = repositories(api.database);
  const active = await rollouts.active(id);
  const traffic = await deploymentTraffic.get(id);
  if (active === undefined || traffic === undefined) throw new Error('no rollout is under way');
  const { rollout, status } = active;
  const revision = await revisions.get(project, rollout.toRevisionId);
  const at = Date.now();
  await deploymentTraffic.save(id, {
    expectedVersion: traffic.version,
    stableRevisionId: rollout.toRevisionId,
    formerRevisionId: traffic.stableRevisionId,
    keepWarmUntil: at + 60_000,
    split: revision === undefined ? [] : [{ revisionId: revision.workloadRevisionId, weight: 10_000 }],
    at,
  });
  const { detail, commandSeq } = status;
  const done = { phase: 'completed' as const, stepIndex: 1, paused: false, detail, commandSeq, at };
  await rolloutStatus.save(rollout.id, { ...done, expectedVersion: status.version });
}

describe('promote', () => {
  test('makes a revision and starts its rollout; again, it finds the one under way; when done, it says so', async () => {
    await completeRollout();
    const first = await api.post('/v1/deployments/chat/promote', { version: 'v2', reason: 'better answers' });
    expect(first.body).toMatchObject({
      outcome: 'started',
      wanted: { revision: 2, version: 'v2' },
      rollout: { cause: 'promote' },
    });
    const again = await api.post('/v1/deployments/chat/promote', { version: 'v2' });
    expect(again.body).toMatchObject({ outcome: 'ongoing', rollout: { id: first.body.rollout.id } });
    await completeRollout();
    const done = await api.post('/v1/deployments/chat/promote', { version: 'v2' });
    expect(done.body).toMatchObject({ outcome: 'done', message: 'chat serves v2 already.' });
    expect((await api.get('/v1/deployments/chat')).body.spec.version).toBe('v2');
    const ledger = await api.get('/v1/ledger?kind=deployment.promoted');
    expect(ledger.body.items[0]).toMatchObject({ reason: 'better answers', evidence: { version: 'v2', from: 'v1' } });
  });

  test('names the versions there are when there is no such one', async () => {
    const { status, body } = await api.post('/v1/deployments/chat/promote', { version: 'v9' });
    expect([status, body.code]).toEqual([404, 'deployment.version_not_found']);
    expect(body.detail).toContain('v1, v2');
  });

  test('from many places at once starts one rollout', async () => {
    await completeRollout();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => api.post('/v1/deployments/chat/promote', { version: 'v2' })),
    );
    expect(answers.map(({ body }) => body.outcome).sort()).toEqual([
      'ongoing',
      'ongoing',
      'ongoing',
      'ongoing',
      'started',
    ]);
    expect((await api.get('/v1/deployments/chat/rollouts')).body.items).toHaveLength(2);
  });
});

describe('rollouts', () => {
  test('are shown with their steps and told from the newest on', async () => {
    await completeRollout();
    await api.post('/v1/deployments/chat/promote', { version: 'v2' });
    const { rollout } = (await api.get('/v1/deployments/chat/rollout')).body;
    expect(rollout).toMatchObject({
      active: true,
      from: { version: 'v1' },
      to: { version: 'v2' },
      strategy: expect.any(String),
    });
    expect(rollout.steps.length).toBe(rollout.step.count);
    const first = (await api.get('/v1/deployments/chat/rollouts?limit=1')).body;
    const second = (await api.get(`/v1/deployments/chat/rollouts?limit=1&cursor=${first.nextCursor}`)).body;
    expect([first, second].map(({ items }) => items[0].to.version)).toEqual(['v2', 'v1']);
  });

  test('take commands while they are under way, and refuse them clearly when none is', async () => {
    const paused = await api.post('/v1/deployments/chat/rollout/pause', { reason: 'lunch' });
    expect([paused.status, paused.body.rollout.to.version]).toEqual([200, 'v1']);
    const resumed = await api.post('/v1/deployments/chat/rollout/resume');
    expect(resumed.body.code).toBe('rollout.not_paused');
    await completeRollout();
    const { status, body } = await api.post('/v1/deployments/chat/rollout/abort');
    expect([status, body.code]).toEqual([409, 'rollout.none_active']);
  });

  test('cannot be rolled back to nothing, nor to a revision that was never made', async () => {
    await completeRollout();
    expect((await api.post('/v1/deployments/chat/rollback')).body.code).toBe('deployment.no_former_revision');
    const { status, body } = await api.post('/v1/deployments/chat/rollback', { toRevision: 7 });
    expect([status, body.code]).toEqual([404, 'deployment.revision_not_found']);
  });

  test('a viewer may watch them and touch nothing', async () => {
    const token = await api.tokenFor('viewer');
    expect((await api.get('/v1/deployments/chat/rollout', { token })).status).toBe(200);
    for (const path of ['promote', 'rollback', 'rollout/abort', 'scale', 'restart']) {
      expect((await api.post(`/v1/deployments/chat/${path}`, { version: 'v2', replicas: 1 }, { token })).status).toBe(
        403,
      );
    }
  });
});

describe('replicas', () => {
  async function addReplica(id: string, phase: 'pending' | 'failing' | 'ready', reason: string | null): Promise<void> {
    const ids = await chat();
    const { replicas, revisions } = repositories(api.database);
    const revision = await revisions.latest(ids.project, ids.id);
    if (revision === undefined) throw new Error('chat has no revision');
    const now = Date.now();
    const place = { address: '127.0.0.1:9', node: 'here', restarts: 2, startedAt: now, observedAt: now };
    await replicas.observeMany([{ ...place, id: id as never, revisionId: revision.id, name: id, phase, reason }]);
  }

  test('are listed with the cluster’s words, and their logs can be read', async () => {
    await addReplica('chat-1', 'failing', 'exited with code 1');
    api.logs.set('chat-1', ['loading', 'CUDA out of memory']);
    const { body } = await api.get('/v1/deployments/chat/replicas');
    expect(body.items).toEqual([
      expect.objectContaining({
        name: 'chat-1',
        phase: 'failing',
        reason: 'exited with code 1',
        revision: 1,
        cluster: 'local',
        inFlight: null,
      }),
    ]);
    const logs = await api.get('/v1/deployments/chat/logs?replica=chat-1&lines=5');
    expect(logs.body.replicas[0].lines).toEqual(['loading', 'CUDA out of memory']);
    expect((await api.get('/v1/deployments/chat/logs?replica=chat-9')).status).toBe(404);
  });

  test('explain goes from the wish to the engine’s last line', async () => {
    await addReplica('chat-1', 'failing', 'exited with code 1');
    api.logs.set('chat-1', ['loading', 'CUDA out of memory', '']);
    const { body } = await api.get('/v1/deployments/chat/explain');
    expect(body).toMatchObject({ serving: false, broken: expect.any(String) });
    const replicas = body.links.find(({ name }: { name: string }) => name === 'replicas');
    expect(replicas.lines.join('\n')).toContain('exited with code 1');
    expect(replicas.lines.join('\n')).toContain('CUDA out of memory');
  });

  test('scale holds until it is cleared, and says when it goes beyond the bounds', async () => {
    const { body } = await api.post('/v1/deployments/chat/scale', { replicas: 5, reason: 'launch day' });
    expect(body).toMatchObject({
      override: 5,
      bounds: { min: 1, max: 2 },
      message: expect.stringContaining('outside'),
    });
    expect((await api.get('/v1/deployments/chat')).body.status.scaleOverride).toMatchObject({ replicas: 5 });
    await api.post('/v1/deployments/chat/scale', { replicas: null });
    expect((await api.get('/v1/deployments/chat')).body.status.scaleOverride).toBeNull();
    const kinds = (await api.get('/v1/ledger?kind=deployment.scaled')).body.items;
    expect(kinds).toHaveLength(2);
  });

  test('restart replaces those that run', async () => {
    await addReplica('chat-1', 'ready', null);
    expect((await api.post('/v1/deployments/chat/restart')).body.replicas).toBe(1);
  });
});

test('a revision shows what it was rendered to', async () => {
  const { body } = await api.get('/v1/deployments/chat/revisions/1');
  expect(body).toMatchObject({
    number: 1,
    model: 'tiny',
    engine: { name: 'simulated', simulated: true },
    spec: { model: 'tiny', version: 'v1' },
    workload: { engine: 'simulated' },
    versionDigest: expect.stringMatching(/^sha256:/),
  });
  expect((await api.get('/v1/deployments/chat/revisions/9')).body.code).toBe('deployment.revision_not_found');
  expect((await api.get('/v1/deployments/chat/revisions/x')).status).toBe(400);
  await api.apply(deployment({ max: 3 }));
  expect((await api.get('/v1/deployments/chat/revisions?limit=1')).body.nextCursor).not.toBeNull();
});
