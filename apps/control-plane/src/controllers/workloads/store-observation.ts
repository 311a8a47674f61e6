import { type Database, type Replica, repositories, type Transaction, type WorkloadStatus } from '@signalbox/db';
import type { ClusterObservation, Instant, ObservedReplica, ObservedWorkload, RevisionId } from '@signalbox/domain';
import type { DeploymentWorld } from '../world/index.ts';

/**
 * Brings rows up to what the cluster said. An older look than the stored one is left alone: another control plane has
 * seen more. Returns whether anything changed.
 */
export async function storeObservation(
  db: Database,
  world: DeploymentWorld,
  revisionId: RevisionId,
  seen: { value: ClusterObservation; at: Instant },
): Promise<boolean> {
  const stored = world.storedStatus(revisionId);
  if (seen.at <= (stored?.observedAt ?? 0)) return false;
  const workload = seen.value.workloads.find((candidate) => candidate.revisionId === revisionId);
  const rows = world.replicasOf(revisionId);
  const observed = workload?.replicas ?? [];
  const changed = observed.filter((replica) =>
    differs(
      rows.find((row) => row.id === replica.id),
      replica,
    ),
  );
  const gone = rows.filter((row) => !observed.some((replica) => replica.id === row.id));
  if (changed.length === 0 && gone.length === 0 && sameStatus(stored, workload)) return false;
  await db.transaction(async (tx) => {
    const { replicas } = repositories(tx);
    await replicas.observeMany(changed.map((replica) => ({ ...replica, revisionId, observedAt: seen.at })));
    await replicas.removeMany(gone.map((row) => row.id));
    await storeStatus(tx, world, revisionId, workload, seen.at);
    const moved = [...gone, ...rows.filter((row) => changed.some((replica) => replica.id === row.id))];
    // Gateways must stop using an address that is gone or belongs to a new start.
    if (moved.some((row) => isRouted(row))) await repositories(tx).snapshotState.bump();
  });
  return true;
}

async function storeStatus(
  tx: Transaction,
  world: DeploymentWorld,
  revisionId: RevisionId,
  workload: ObservedWorkload | undefined,
  at: Instant,
): Promise<void> {
  const { workloadStatus } = repositories(tx);
  await workloadStatus.saveMany([
    {
      revisionId,
      clusterId: world.revision(revisionId).clusterId,
      wantedReplicas: workload?.wantedReplicas ?? 0,
      drift: workload?.drift ?? [],
      problem: workload?.problem ?? null,
      observedAt: at,
    },
  ]);
}

function sameStatus(stored: WorkloadStatus | undefined, seen: ObservedWorkload | undefined): boolean {
  if (seen === undefined) return stored === undefined || stored.wantedReplicas === 0;
  return (
    stored?.wantedReplicas === seen.wantedReplicas &&
    stored.problem === seen.problem &&
    JSON.stringify(stored.drift) === JSON.stringify(seen.drift)
  );
}

function isRouted(row: Replica): boolean {
  return row.traffic === 'admitting' || row.traffic === 'serving' || row.traffic === 'draining';
}

function differs(row: Replica | undefined, seen: ObservedReplica): boolean {
  if (row === undefined) return true;
  return (
    row.phase !== seen.phase ||
    row.address !== seen.address ||
    row.node !== seen.node ||
    row.reason !== seen.reason ||
    row.restarts !== seen.restarts ||
    row.startedAt !== seen.startedAt
  );
}
