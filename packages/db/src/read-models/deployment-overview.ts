import type {
  DeploymentId,
  Instant,
  ProjectId,
  RolloutPhase,
  RolloutStatusDetail,
  TrafficSplit,
} from '@signalbox/domain';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Handle } from '../database.ts';
import { translated } from '../errors.ts';
import type { NamePage } from '../repositories/page.ts';
import { outside } from '../rows.ts';
import { deployments, deploymentTraffic, revisions, rolloutStatus, rollouts } from '../schema/index.ts';

/** One line of `signalbox get deployments`. */
export interface DeploymentSummary {
  id: DeploymentId;
  name: string;
  labels: Readonly<Record<string, string>>;
  version: number;
  model: string;
  engine: string;
  specVersion: string;
  specRevision: number | null;
  stableVersion: string | null;
  stableRevision: number | null;
  replicas: { desired: number; ready: number; serving: number };
  rollout: RolloutSummary | null;
  createdAt: Instant;
  updatedAt: Instant;
  deletedAt: Instant | null;
}

export interface RolloutSummary {
  phase: RolloutPhase;
  stepIndex: number;
  steps: number;
  paused: boolean;
  /** Basis points of traffic on the new revision. */
  weight: number;
  message: string;
}

const stable = alias(revisions, 'stable');
const wanted = alias(revisions, 'wanted');
const target = alias(revisions, 'target');

const columns = {
  id: deployments.id,
  name: deployments.name,
  labels: deployments.labels,
  version: deployments.version,
  model: sql<string>`${deployments.spec}->>'model'`,
  engine: sql<string>`${deployments.spec}->'engine'->>'name'`,
  specVersion: sql<string>`${deployments.spec}->>'version'`,
  specRevision: wanted.number,
  stableVersion: sql<string | null>`${stable.spec}->>'version'`,
  stableRevision: stable.number,
  desired: sql<number>`(select coalesce(sum(c.desired), 0)::int from replica_counts c
    where c.deployment_id = ${deployments.id})`,
  ready: replicasWhere(sql`r.phase = 'ready'`),
  serving: replicasWhere(sql`r.traffic = 'serving'`),
  split: deploymentTraffic.split,
  targetId: target.workloadRevisionId,
  phase: rolloutStatus.phase,
  stepIndex: rolloutStatus.stepIndex,
  steps: sql<number | null>`jsonb_array_length(${rollouts.policy}->'steps')`,
  paused: rolloutStatus.paused,
  detail: rolloutStatus.detail,
  createdAt: deployments.createdAt,
  updatedAt: deployments.updatedAt,
  deletedAt: deployments.deletedAt,
};

/** In order of name, in one statement. */
export async function deploymentOverview(
  { sql: db }: Handle,
  projectId: ProjectId,
  page: NamePage,
): Promise<readonly DeploymentSummary[]> {
  const rows = await db
    .select(columns)
    .from(deployments)
    .leftJoin(deploymentTraffic, eq(deploymentTraffic.deploymentId, deployments.id))
    .leftJoin(wanted, eq(wanted.id, deployments.specRevisionId))
    .leftJoin(stable, eq(stable.id, deploymentTraffic.stableRevisionId))
    .leftJoin(rolloutStatus, and(eq(rolloutStatus.deploymentId, deployments.id), eq(rolloutStatus.active, true)))
    .leftJoin(rollouts, eq(rollouts.id, rolloutStatus.rolloutId))
    .leftJoin(target, eq(target.id, rollouts.toRevisionId))
    .where(
      and(
        eq(deployments.projectId, projectId),
        page.after === undefined ? undefined : gt(deployments.name, page.after),
      ),
    )
    .orderBy(asc(deployments.name))
    .limit(page.limit)
    .catch((error: unknown) => Promise.reject(translated(error)));
  return rows.map((row) => {
    const { desired, ready, serving, split, targetId, phase, stepIndex, steps, paused, detail, ...rest } = row;
    return {
      ...outside(rest),
      replicas: { desired, ready, serving },
      rollout: rolloutSummary({ split, targetId, phase, stepIndex, steps, paused, detail }),
    };
  });
}

function replicasWhere(condition: ReturnType<typeof sql>) {
  return sql<number>`(select count(*)::int from replicas r join revisions v on v.id = r.revision_id
    where v.deployment_id = ${deployments.id} and ${condition})`;
}

function rolloutSummary(row: {
  split: TrafficSplit | null;
  targetId: string | null;
  phase: RolloutPhase | null;
  stepIndex: number | null;
  steps: number | null;
  paused: boolean | null;
  detail: RolloutStatusDetail | null;
}): RolloutSummary | null {
  if (row.phase === null) return null;
  return {
    phase: row.phase,
    stepIndex: row.stepIndex ?? 0,
    steps: row.steps ?? 0,
    paused: row.paused ?? false,
    weight: row.split?.find(({ revisionId }) => revisionId === row.targetId)?.weight ?? 0,
    message: row.detail?.message ?? '',
  };
}
