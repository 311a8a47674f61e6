import type { DeploymentId, LimitSpec, Quantization, RevisionId, RevisionRole, TrafficSplit } from '@signalbox/domain';
import { asc, eq, getTableColumns, inArray, isNull, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../database.ts';
import type { ConsumerKey } from '../repositories/consumer-keys.ts';
import type { Replica } from '../repositories/replicas.ts';
import type { Route } from '../repositories/routes.ts';
import { type SnapshotNumber, snapshotStateRepository } from '../repositories/snapshot-state.ts';
import { outside } from '../rows.ts';
import {
  consumerKeys,
  deployments,
  deploymentTraffic,
  models,
  modelVersions,
  projects,
  replicas,
  revisionRoles,
  revisions,
  routes,
} from '../schema/index.ts';
import { consistentRead, isOneOf } from './consistent-read.ts';

/** Everything that the snapshot is built from, as of one moment. */
export interface SnapshotInputs {
  state: SnapshotNumber;
  routes: readonly (Route & { project: string; deployment: string })[];
  /** Of deployments that a route leads to. */
  splits: readonly { deploymentId: DeploymentId; split: TrafficSplit }[];
  /** Workload revisions that a split names or that have a role: stable, candidate, warm, retiring. */
  revisions: readonly RoutableRevision[];
  /** Replicas of those that take, are about to take, or finish traffic. */
  replicas: readonly Pick<Replica, 'id' | 'revisionId' | 'address' | 'traffic'>[];
  /** Not revoked. Expired ones too: when a key expires is in the snapshot. */
  keys: readonly (ConsumerKey & { project: string })[];
  /** Of projects that have any. */
  projectLimits: readonly { project: string; limits: readonly LimitSpec[] }[];
}

export interface RoutableRevision {
  id: RevisionId;
  deploymentId: DeploymentId;
  deployment: string;
  number: number;
  /** Null: no role any more, but the split still names it. */
  role: RevisionRole | null;
  model: string;
  version: string;
  versionDigest: string;
  engine: string;
  image: string;
  quantization: Quantization;
  servedModelName: string;
  healthPath: string;
  maxInFlightPerReplica: number | null;
  maxContextTokens: number | null;
}

export function snapshotInputs(database: Database): Promise<SnapshotInputs> {
  return consistentRead(database, async (tx) => {
    const state = await snapshotStateRepository(tx).current();
    const routeRows = await routesOf(tx);
    const deploymentIds = [...new Set(routeRows.map(({ deploymentId }) => deploymentId))];
    const splits = await tx.sql
      .select({ deploymentId: deploymentTraffic.deploymentId, split: deploymentTraffic.split })
      .from(deploymentTraffic)
      .where(isOneOf(deploymentTraffic.deploymentId, deploymentIds))
      .orderBy(asc(deploymentTraffic.deploymentId));
    const named = splits.flatMap(({ split }) => split.map(({ revisionId }) => revisionId));
    const revisionRows = await revisionsOf(tx, deploymentIds, named);
    return {
      state,
      routes: routeRows,
      splits,
      revisions: revisionRows,
      replicas: await replicasOf(
        tx,
        revisionRows.map(({ id }) => id),
      ),
      keys: await keysOf(tx),
      projectLimits: await projectLimitsOf(tx),
    };
  });
}

async function routesOf({ sql: db }: Transaction): Promise<SnapshotInputs['routes']> {
  const rows = await db
    .select({ ...getTableColumns(routes), project: projects.name, deployment: deployments.name })
    .from(routes)
    .innerJoin(projects, eq(projects.id, routes.projectId))
    .innerJoin(deployments, eq(deployments.id, routes.deploymentId))
    .orderBy(asc(routes.id));
  return rows.map(outside);
}

/** Spec and workload are large; the snapshot needs three words of them. */
function revisionsOf(
  { sql: db }: Transaction,
  deploymentIds: readonly DeploymentId[],
  named: readonly RevisionId[],
): Promise<readonly RoutableRevision[]> {
  return db
    .select({
      id: revisions.id,
      deploymentId: revisions.deploymentId,
      deployment: deployments.name,
      number: revisions.number,
      role: revisionRoles.role,
      model: models.name,
      version: modelVersions.versionName,
      versionDigest: modelVersions.digest,
      engine: sql<string>`${revisions.workload}->>'engine'`,
      image: sql<string>`${revisions.workload}->>'image'`,
      quantization: sql<Quantization>`${revisions.spec}->'quantization'`,
      servedModelName: revisions.servedModelName,
      healthPath: revisions.healthPath,
      maxInFlightPerReplica: revisions.maxInFlightPerReplica,
      maxContextTokens: revisions.maxContextTokens,
    })
    .from(revisions)
    .innerJoin(deployments, eq(deployments.id, revisions.deploymentId))
    .innerJoin(modelVersions, eq(modelVersions.id, revisions.modelVersionId))
    .innerJoin(models, eq(models.id, modelVersions.modelId))
    .leftJoin(revisionRoles, eq(revisionRoles.revisionId, revisions.id))
    .where(sql`${isOneOf(revisions.id, named)}
      or (${isOneOf(revisions.deploymentId, deploymentIds)} and ${revisionRoles.revisionId} is not null)`)
    .orderBy(asc(revisions.id));
}

function replicasOf({ sql: db }: Transaction, revisionIds: readonly RevisionId[]): Promise<SnapshotInputs['replicas']> {
  return db
    .select({
      id: replicas.id,
      revisionId: replicas.revisionId,
      address: replicas.address,
      traffic: replicas.traffic,
    })
    .from(replicas)
    .where(
      sql`${isOneOf(replicas.revisionId, revisionIds)}
        and ${inArray(replicas.traffic, ['admitting', 'serving', 'draining'])}`,
    )
    .orderBy(asc(replicas.id));
}

async function keysOf({ sql: db }: Transaction): Promise<SnapshotInputs['keys']> {
  const rows = await db
    .select({ ...getTableColumns(consumerKeys), project: projects.name })
    .from(consumerKeys)
    .innerJoin(projects, eq(projects.id, consumerKeys.projectId))
    .where(isNull(consumerKeys.revokedAt))
    .orderBy(asc(consumerKeys.id));
  return rows.map(outside);
}

function projectLimitsOf({ sql: db }: Transaction): Promise<SnapshotInputs['projectLimits']> {
  return db
    .select({ project: projects.name, limits: sql<readonly LimitSpec[]>`${projects.spec}->'limits'` })
    .from(projects)
    .where(sql`${projects.spec} ? 'limits'`)
    .orderBy(asc(projects.name));
}
