import type { DeploymentId, RevisionId } from '@signalbox/domain';
import { and, asc, eq, getTableColumns, gt, sql } from 'drizzle-orm';
import type { Transaction } from '../database.ts';
import type { RolloutWithStatus } from '../repositories/rollouts.ts';
import { outside } from '../rows.ts';
import {
  clusterStatus,
  deployments,
  deploymentTraffic,
  projects,
  replicaCounts,
  replicas,
  revisionRoles,
  revisionStats,
  revisions,
  rolloutCommands,
  rolloutStatus,
  rollouts,
  scaleOverrides,
  workloadStatus,
} from '../schema/index.ts';
import { isOneOf } from './consistent-read.ts';

export type WorldRows = Awaited<ReturnType<typeof readWorldRows>>;

/** The rows of several deployments, not yet sorted out. One statement after the other: they share a connection. */
export async function readWorldRows(tx: Transaction, ids: readonly DeploymentId[]) {
  const { sql: db } = tx;
  const deploymentRows = await db
    .select({ deployment: deployments, project: projects.name })
    .from(deployments)
    .innerJoin(projects, eq(projects.id, deployments.projectId))
    .where(isOneOf(deployments.id, ids));
  const traffic = await db.select().from(deploymentTraffic).where(isOneOf(deploymentTraffic.deploymentId, ids));
  const overrides = await db.select().from(scaleOverrides).where(isOneOf(scaleOverrides.deploymentId, ids));
  const roles = await db
    .select()
    .from(revisionRoles)
    .where(isOneOf(revisionRoles.deploymentId, ids))
    .orderBy(asc(revisionRoles.revisionId));
  const counts = await db
    .select()
    .from(replicaCounts)
    .where(isOneOf(replicaCounts.deploymentId, ids))
    .orderBy(asc(replicaCounts.revisionId));
  const active = await activeRollouts(tx, ids);
  const commands = await pendingCommands(tx, ids);
  const statuses = await db
    .select({ deploymentId: revisions.deploymentId, row: workloadStatus })
    .from(workloadStatus)
    .innerJoin(revisions, eq(revisions.id, workloadStatus.revisionId))
    .where(isOneOf(revisions.deploymentId, ids))
    .orderBy(asc(workloadStatus.revisionId));
  const replicaRows = await db
    .select({ deploymentId: revisions.deploymentId, row: replicas })
    .from(replicas)
    .innerJoin(revisions, eq(revisions.id, replicas.revisionId))
    .where(isOneOf(revisions.deploymentId, ids))
    .orderBy(asc(replicas.id));
  const involved = [
    ...deploymentRows.map(({ deployment }) => deployment.specRevisionId),
    ...traffic.flatMap((row) => [row.stableRevisionId, row.formerRevisionId, ...row.split.map((s) => s.revisionId)]),
    ...active.flatMap(({ rollout }) => [rollout.fromRevisionId, rollout.toRevisionId]),
    ...[...roles, ...counts].map((row) => row.revisionId),
    ...[...statuses, ...replicaRows].map(({ row }) => row.revisionId),
  ].filter((id) => id !== null);
  const revisionRows = await revisionsWithWorkloads(tx, [...new Set(involved)]);
  const stats = await db
    .select()
    .from(revisionStats)
    .where(
      isOneOf(
        revisionStats.revisionId,
        revisionRows.map(({ id }) => id),
      ),
    );
  const clusterStatuses = await db.select().from(clusterStatus).orderBy(asc(clusterStatus.clusterId));
  return {
    deployments: deploymentRows.map(({ deployment, project }) => ({ deployment: outside(deployment), project })),
    traffic: traffic.map(outside),
    scaleOverrides: overrides.map(outside),
    rollouts: active,
    commands,
    roles: roles.map(outside),
    replicaCounts: counts.map(outside),
    workloadStatuses: statuses.map(({ deploymentId, row }) => ({ deploymentId, row: outside(row) })),
    replicas: replicaRows.map(({ deploymentId, row }) => ({ deploymentId, row: outside(row) })),
    revisions: revisionRows,
    stats: stats.map(outside),
    clusterStatuses: clusterStatuses.map(outside),
  };
}

async function activeRollouts(
  { sql: db }: Transaction,
  ids: readonly DeploymentId[],
): Promise<readonly RolloutWithStatus[]> {
  const rows = await db
    .select({ rollout: rollouts, status: rolloutStatus })
    .from(rolloutStatus)
    .innerJoin(rollouts, eq(rollouts.id, rolloutStatus.rolloutId))
    .where(and(isOneOf(rolloutStatus.deploymentId, ids), eq(rolloutStatus.active, true)));
  return rows.map(({ rollout, status }) => ({ rollout: outside(rollout), status: outside(status) }));
}

async function pendingCommands({ sql: db }: Transaction, ids: readonly DeploymentId[]) {
  const rows = await db
    .select(getTableColumns(rolloutCommands))
    .from(rolloutCommands)
    .innerJoin(rolloutStatus, eq(rolloutStatus.rolloutId, rolloutCommands.rolloutId))
    .where(
      and(
        isOneOf(rolloutStatus.deploymentId, ids),
        eq(rolloutStatus.active, true),
        gt(rolloutCommands.seq, rolloutStatus.commandSeq),
      ),
    )
    .orderBy(asc(rolloutCommands.seq));
  return rows.map(outside);
}

/** Revisions that share another one's workload come with that one. */
async function revisionsWithWorkloads({ sql: db }: Transaction, ids: readonly RevisionId[]) {
  const rows = await db
    .select()
    .from(revisions)
    .where(sql`${isOneOf(revisions.id, ids)}
      or ${revisions.id} in (select r.workload_revision_id from revisions r where r.id = any(${sql.param([...ids])}::uuid[]))`)
    .orderBy(asc(revisions.deploymentId), asc(revisions.number));
  return rows.map(outside);
}
