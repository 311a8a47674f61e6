import type { DeploymentId } from '@signalbox/domain';
import type { Database, Transaction } from '../database.ts';
import type { ClusterStatus } from '../repositories/cluster-status.ts';
import type { DeploymentTraffic } from '../repositories/deployment-traffic.ts';
import type { Deployment } from '../repositories/deployments.ts';
import type { ReplicaCount } from '../repositories/replica-counts.ts';
import type { Replica } from '../repositories/replicas.ts';
import type { RevisionRoleRow } from '../repositories/revision-roles.ts';
import type { RevisionStats } from '../repositories/revision-stats.ts';
import type { Revision } from '../repositories/revisions.ts';
import type { RolloutCommand } from '../repositories/rollout-commands.ts';
import type { RolloutWithStatus } from '../repositories/rollouts.ts';
import type { ScaleOverride } from '../repositories/scale-overrides.ts';
import type { WorkloadStatus } from '../repositories/workload-status.ts';
import { consistentRead } from './consistent-read.ts';
import { readWorldRows, type WorldRows } from './world-rows.ts';

/** All that controllers need to decide about one deployment, as of one moment. */
export interface DeploymentWorld {
  deployment: Deployment;
  project: string;
  traffic: DeploymentTraffic | undefined;
  /** The active one, with the commands it has not carried out yet. */
  rollout: (RolloutWithStatus & { commands: readonly RolloutCommand[] }) | undefined;
  scaleOverride: ScaleOverride | undefined;
  /** Wanted, stable, former, the active rollout's, those in the split, with a role, a workload or replicas. */
  revisions: readonly Revision[];
  roles: readonly RevisionRoleRow[];
  replicaCounts: readonly ReplicaCount[];
  workloadStatuses: readonly WorkloadStatus[];
  replicas: readonly Replica[];
  /** Absent for a revision that no request was counted for. */
  stats: readonly RevisionStats[];
  /** Of the clusters of `revisions`; absent for one that was never observed. */
  clusterStatuses: readonly ClusterStatus[];
}

export async function deploymentWorld(database: Database, id: DeploymentId): Promise<DeploymentWorld | undefined> {
  return (await deploymentWorlds(database, [id])).get(id);
}

/** As many statements for a thousand deployments as for one: a resync costs no more than the rows it reads. */
export function deploymentWorlds(
  database: Database,
  ids: readonly DeploymentId[],
): Promise<ReadonlyMap<DeploymentId, DeploymentWorld>> {
  return consistentRead(database, (tx) => worldsIn(tx, ids));
}

export async function worldsIn(
  tx: Transaction,
  ids: readonly DeploymentId[],
): Promise<ReadonlyMap<DeploymentId, DeploymentWorld>> {
  const rows = await readWorldRows(tx, ids);
  const of = byDeployment(rows);
  return new Map(rows.deployments.map(({ deployment, project }) => [deployment.id, of(deployment, project)]));
}

function byDeployment(rows: WorldRows) {
  const traffic = new Map(rows.traffic.map((row) => [row.deploymentId, row]));
  const overrides = new Map(rows.scaleOverrides.map((row) => [row.deploymentId, row]));
  const rollouts = new Map(rows.rollouts.map((row) => [row.rollout.deploymentId, row]));
  const commands = Map.groupBy(rows.commands, (row) => row.rolloutId);
  const roles = Map.groupBy(rows.roles, (row) => row.deploymentId);
  const counts = Map.groupBy(rows.replicaCounts, (row) => row.deploymentId);
  const revisions = Map.groupBy(rows.revisions, (row) => row.deploymentId);
  const statuses = Map.groupBy(rows.workloadStatuses, (row) => row.deploymentId);
  const replicas = Map.groupBy(rows.replicas, (row) => row.deploymentId);
  const stats = new Map(rows.stats.map((row) => [row.revisionId, row]));

  return (deployment: Deployment, project: string): DeploymentWorld => {
    const rollout = rollouts.get(deployment.id);
    const own = revisions.get(deployment.id) ?? [];
    const clusters = new Set(own.map(({ clusterId }) => clusterId));
    return {
      deployment,
      project,
      traffic: traffic.get(deployment.id),
      rollout: rollout && { ...rollout, commands: commands.get(rollout.rollout.id) ?? [] },
      scaleOverride: overrides.get(deployment.id),
      revisions: own,
      roles: roles.get(deployment.id) ?? [],
      replicaCounts: counts.get(deployment.id) ?? [],
      workloadStatuses: (statuses.get(deployment.id) ?? []).map(({ row }) => row),
      replicas: (replicas.get(deployment.id) ?? []).map(({ row }) => row),
      stats: own.flatMap(({ id }) => stats.get(id) ?? []),
      clusterStatuses: rows.clusterStatuses.filter(({ clusterId }) => clusters.has(clusterId)),
    };
  };
}
