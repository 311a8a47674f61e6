import type {
  DeploymentId,
  ProjectId,
  RevisionId,
  RevisionRole,
  RolloutId,
  RolloutPhase,
  RolloutPolicy,
  RolloutStatusDetail,
  TrafficSplit,
} from '@signalbox/domain';
import { sql } from 'drizzle-orm';
import { bigserial, boolean, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.ts';
import { deployments, revisions } from './deployments.ts';
import { projects } from './installation.ts';

/**
 * Which revision serves a deployment, and how its traffic is split. Locked (`for update`) by every transaction that
 * moves traffic, so that a rollback from the API and a step of the controller never interleave.
 */
export const deploymentTraffic = pgTable('deployment_traffic', {
  deploymentId: uuid('deployment_id')
    .$type<DeploymentId>()
    .primaryKey()
    .references(() => deployments.id, { onDelete: 'cascade' }),
  projectId: uuid('project_id')
    .$type<ProjectId>()
    .notNull()
    .references(() => projects.id),
  /** The revision traffic returns to: last one that completed a rollout. Null before the first one did. */
  stableRevisionId: uuid('stable_revision_id')
    .$type<RevisionId>()
    .references(() => revisions.id),
  /** Served before `stable`: where `rollback` goes. */
  formerRevisionId: uuid('former_revision_id')
    .$type<RevisionId>()
    .references(() => revisions.id),
  /** Until when the former revision is kept warm. */
  keepWarmUntil: instant('keep_warm_until'),
  /** Basis points per workload revision; sums to 10 000 or is empty. */
  split: jsonb('split').$type<TrafficSplit>().notNull(),
  version: integer('version').notNull().default(1),
  updatedAt: instant('updated_at').notNull(),
});

/** What a rollout is to do. Written once, by whoever starts it. */
export const rollouts = pgTable(
  'rollouts',
  {
    id: id<RolloutId>(),
    projectId: uuid('project_id')
      .$type<ProjectId>()
      .notNull()
      .references(() => projects.id),
    deploymentId: uuid('deployment_id')
      .$type<DeploymentId>()
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    /** Null for the first rollout of a deployment. */
    fromRevisionId: uuid('from_revision_id')
      .$type<RevisionId>()
      .references(() => revisions.id),
    toRevisionId: uuid('to_revision_id')
      .$type<RevisionId>()
      .notNull()
      .references(() => revisions.id),
    policy: jsonb('policy').$type<RolloutPolicy>().notNull(),
    author: text('author').notNull(),
    cause: text('cause').notNull(),
    createdAt: createdAt(),
  },
  (table) => [index('rollouts_deployment').on(table.deploymentId, table.createdAt)],
);

/** Where a rollout is. Written by the rollouts controller only, compare-and-set on `version`. */
export const rolloutStatus = pgTable(
  'rollout_status',
  {
    rolloutId: uuid('rollout_id')
      .$type<RolloutId>()
      .primaryKey()
      .references(() => rollouts.id, { onDelete: 'cascade' }),
    deploymentId: uuid('deployment_id')
      .$type<DeploymentId>()
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    phase: text('phase').$type<RolloutPhase>().notNull(),
    active: boolean('active').notNull(),
    stepIndex: integer('step_index').notNull(),
    paused: boolean('paused').notNull(),
    detail: jsonb('detail').$type<RolloutStatusDetail>().notNull(),
    /** Sequence of the last command that was carried out. */
    commandSeq: integer('command_seq').notNull(),
    version: integer('version').notNull(),
    updatedAt: instant('updated_at').notNull(),
    finishedAt: instant('finished_at'),
  },
  // The database itself holds promise 4: two rollouts of one deployment never run at once.
  (table) => [uniqueIndex('rollout_status_one_active').on(table.deploymentId).where(sql`${table.active}`)],
);

/** What people asked of a running rollout, in order. */
export const rolloutCommands = pgTable(
  'rollout_commands',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    rolloutId: uuid('rollout_id')
      .$type<RolloutId>()
      .notNull()
      .references(() => rollouts.id, { onDelete: 'cascade' }),
    kind: text('kind').$type<'pause' | 'resume' | 'advance' | 'abort'>().notNull(),
    actor: text('actor').notNull(),
    reason: text('reason'),
    createdAt: createdAt(),
  },
  (table) => [index('rollout_commands_rollout').on(table.rolloutId, table.seq)],
);

/** Each revision that must exist on its cluster and how large. `role` by the rollouts controller, `desired` by scaling. */
export const revisionRoles = pgTable(
  'revision_roles',
  {
    revisionId: uuid('revision_id')
      .$type<RevisionId>()
      .primaryKey()
      .references(() => revisions.id, { onDelete: 'cascade' }),
    deploymentId: uuid('deployment_id')
      .$type<DeploymentId>()
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    role: text('role').$type<RevisionRole>().notNull(),
    /** Share of the deployment's traffic this revision must be able to carry, in basis points. */
    capacityShare: integer('capacity_share').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (table) => [index('revision_roles_deployment').on(table.deploymentId)],
);

/** Written by the scaling controller only. */
export const replicaCounts = pgTable('replica_counts', {
  revisionId: uuid('revision_id')
    .$type<RevisionId>()
    .primaryKey()
    .references(() => revisions.id, { onDelete: 'cascade' }),
  deploymentId: uuid('deployment_id')
    .$type<DeploymentId>()
    .notNull()
    .references(() => deployments.id, { onDelete: 'cascade' }),
  desired: integer('desired').notNull(),
  reason: text('reason').notNull(),
  updatedAt: instant('updated_at').notNull(),
});

/** What a person asked for with `scale`: overrides the bounds until cleared. Written by users. */
export const scaleOverrides = pgTable('scale_overrides', {
  deploymentId: uuid('deployment_id')
    .$type<DeploymentId>()
    .primaryKey()
    .references(() => deployments.id, { onDelete: 'cascade' }),
  replicas: integer('replicas').notNull(),
  author: text('author').notNull(),
  createdAt: createdAt(),
});
