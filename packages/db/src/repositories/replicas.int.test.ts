import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GatewayReport, ReplicaId, RevisionCounts, RevisionId } from '@signalbox/domain';
import { newId } from '@signalbox/runtime';
import {
  type OpenTestDatabase,
  openTestDatabase,
  type SeededProject,
  seedDeployment,
  seedProject,
  seedRevision,
} from '@signalbox/testkit/postgres';
import { repositories } from '../repositories.ts';
import type { Revision } from './revisions.ts';

let open: OpenTestDatabase;
let seeded: SeededProject;
let revision: Revision;
beforeAll(async () => {
  open = await openTestDatabase();
  seeded = await seedProject(open.database);
  ({ revision } = await seedDeployment(open.database, seeded));
});
afterAll(() => open.close());

const at = Date.UTC(2026, 0, 1);
const seen = (name: string) => ({
  id: name as ReplicaId,
  revisionId: revision.id,
  name,
  phase: 'ready' as const,
  address: '10.0.0.1:8000',
  node: 'n1',
  reason: null,
  restarts: 0,
  startedAt: at,
  observedAt: at,
});

describe('replicas', () => {
  test('an observation leaves alone what traffic a replica may take', async () => {
    const { replicas } = open.repos;
    await replicas.observeMany([seen('r1'), seen('r2')]);
    expect(await replicas.setTraffic('r1' as ReplicaId, 'none', 'admitting', at + 1)).toBe(true);
    expect(await replicas.setTraffic('r1' as ReplicaId, 'none', 'serving', at + 2)).toBe(false);
    await replicas.observeMany([{ ...seen('r1'), phase: 'lost', observedAt: at + 9 }]);
    const [first, second] = await replicas.listByDeployment(revision.deploymentId);
    expect(first).toMatchObject({ phase: 'lost', traffic: 'admitting', trafficSince: at + 1, observedAt: at + 9 });
    expect(second).toMatchObject({ traffic: 'none', provenAt: null });
    await replicas.removeMany(['r1', 'r2'] as ReplicaId[]);
    expect(await replicas.listByRevision(revision.id)).toEqual([]);
  });

  test('a proof belongs to one start at one address', async () => {
    const { replicas } = open.repos;
    await replicas.observeMany([seen('r3')]);
    expect(await replicas.setProof({ ...seen('r3'), restarts: 1 }, { provenAt: at + 1 })).toBe(false);
    expect(await replicas.setProof(seen('r3'), { provenAt: at + 1 })).toBe(true);
    await replicas.observeMany([{ ...seen('r3'), observedAt: at + 2 }]);
    expect(await replicas.listByRevision(revision.id)).toMatchObject([{ provenAt: at + 1 }]);
    await replicas.observeMany([{ ...seen('r3'), address: '10.0.0.2:8000' }]);
    expect(await replicas.listByRevision(revision.id)).toMatchObject([{ provenAt: null }]);
    expect(await replicas.setProof({ ...seen('r3'), address: '10.0.0.2:8000' }, { error: 'no token' })).toBe(true);
    expect(await replicas.listByRevision(revision.id)).toMatchObject([{ provenAt: null, proofError: 'no token' }]);
  });

  test('what a cluster says of a workload replaces what it said before', async () => {
    const status = {
      revisionId: revision.id,
      clusterId: seeded.clusterId,
      wantedReplicas: 1,
      drift: [],
      problem: null,
    };
    await open.repos.workloadStatus.saveMany([{ ...status, observedAt: at }]);
    await open.repos.workloadStatus.saveMany([{ ...status, wantedReplicas: 2, drift: ['image'], observedAt: at + 1 }]);
    expect(await open.repos.workloadStatus.listByCluster(seeded.clusterId)).toEqual([
      { ...status, wantedReplicas: 2, drift: ['image'], observedAt: at + 1 },
    ]);
  });
});

describe('gateway reports', () => {
  const report = (sentAt: number, more: Partial<GatewayReport> = {}): GatewayReport => ({
    gatewayId: 'g1',
    bootId: 'b1',
    startedAt: at,
    sentAt,
    applied: { epoch: 1, number: 1, hash: 'h' },
    accepting: true,
    replicas: [],
    revisions: [],
    routes: [],
    ...more,
  });

  test('each report meets exactly the one before it, also when the first ones race', async () => {
    const outcomes = await Promise.all(
      [1, 2, 3, 4].map((i) => open.repos.gateways.upsertReport(report(at + i), at + i)),
    );
    const stored = outcomes.flatMap((outcome) => (outcome.kind === 'stored' ? [outcome.previous?.sentAt] : []));
    expect(stored.filter((sentAt) => sentAt === undefined)).toHaveLength(1);
    expect(new Set(stored).size).toBe(stored.length);
    expect((await open.repos.gateways.list())[0]).toMatchObject({ lastSeenAt: at + 4, report: { sentAt: at + 4 } });
  });

  test('a report that was overtaken is not stored, one of a new boot is', async () => {
    const { gateways } = open.repos;
    expect(await gateways.upsertReport(report(at + 2), at + 20)).toEqual({ kind: 'stale' });
    const rebooted = report(at + 1, { bootId: 'b2', startedAt: at + 1_000 });
    expect(await gateways.upsertReport(rebooted, at + 21)).toMatchObject({
      kind: 'stored',
      previous: { bootId: 'b1' },
    });
    expect(await gateways.upsertReport(report(at + 30), at + 30)).toEqual({ kind: 'stale' });
    expect(await gateways.listLive(at + 21)).toMatchObject([{ id: 'g1', bootId: 'b2' }]);
    expect(await gateways.listLive(at + 22)).toEqual([]);
  });
});

describe('revision stats', () => {
  const counts = (requests: number, ttftCounts: number[]): RevisionCounts => ({
    requests,
    errors: 1,
    rescued: 0,
    cancelled: 0,
    ttftCounts,
  });

  test('concurrent additions are all counted, one revision met over two routes too', async () => {
    const second = await seedRevision(open.database, seeded, revision.deploymentId);
    const deltas = [
      { revisionId: second.id, counts: counts(1, [1, 2]) },
      { revisionId: revision.id, counts: counts(2, [0, 1, 1]) },
      { revisionId: revision.id, counts: counts(3, [1, 1]) },
    ];
    await Promise.all(
      Array.from({ length: 6 }, (_, i) => open.repos.revisionStats.add(i % 2 ? deltas : deltas.toReversed(), at + i)),
    );
    const rows = await open.repos.revisionStats.getMany([revision.id, second.id]);
    expect(new Map(rows.map((row) => [row.revisionId, row.counts]))).toEqual(
      new Map([
        [revision.id, { ...counts(30, [6, 12, 6]), errors: 12 }],
        [second.id, { ...counts(6, [6, 12]), errors: 6 }],
      ]),
    );
  });

  test('reports about revisions that are gone, or that never were, count for nothing', async () => {
    const gone = newId() as RevisionId;
    const outcome = await open.database.transaction(async (tx) => {
      const { revisionStats } = repositories(tx);
      await revisionStats.add(
        [gone, 'nonsense'].map((revisionId) => ({ revisionId, counts: counts(1, []) })),
        at,
      );
      return revisionStats.getMany([gone]);
    });
    expect(outcome).toEqual([]);
  });
});
