import type {
  ClusterId,
  DeploymentId,
  DeploymentSpec,
  ModelId,
  ModelVersionId,
  PlacementSpec,
  ProjectId,
  RevisionId,
  RouteId,
  RouteSpec,
  WorkloadSpec,
} from '@signalbox/domain';
import { type AnyPgColumn, index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant, written } from './columns.ts';
import { clusters, projects } from './installation.ts';
import { models, modelVersions } from './models.ts';

/** Written by users, through the API. */
export const deployments = pgTable(
  'deployments',
  {
    id: id<DeploymentId>(),
    projectId: uuid('project_id')
      .$type<ProjectId>()
      .notNull()
      .references(() => projects.id),
    name: text('name').notNull(),
    modelId: uuid('model_id')
      .$type<ModelId>()
      .notNull()
      .references(() => models.id),
    spec: jsonb('spec').$type<DeploymentSpec>().notNull(),
    /** The revision made from `spec`: what the user wants served. */
    specRevisionId: uuid('spec_revision_id').$type<RevisionId>(),
    /** Set when the deployment was deleted; the row goes when its replicas are gone. */
    deletedAt: instant('deleted_at'),
    ...written(),
  },
  (table) => [unique('deployments_name').on(table.projectId, table.name)],
);

/**
 * Immutable. Every accepted change of a deployment makes one. Revisions that differ only in policy (scaling,
 * rollout) share the workload of the first: `workloadRevisionId` names it, and is the row's own id otherwise.
 */
export const revisions = pgTable(
  'revisions',
  {
    id: id<RevisionId>(),
    projectId: uuid('project_id')
      .$type<ProjectId>()
      .notNull()
      .references(() => projects.id),
    deploymentId: uuid('deployment_id')
      .$type<DeploymentId>()
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    number: integer('number').notNull(),
    /** SHA-256 over the rendered whole, hex. */
    hash: text('hash').notNull(),
    /** SHA-256 over workload and placement, hex: equal means the same pods serve both. */
    workloadHash: text('workload_hash').notNull(),
    workloadRevisionId: uuid('workload_revision_id')
      .$type<RevisionId>()
      .notNull()
      .references((): AnyPgColumn => revisions.id),
    /** DNS label, unique in its cluster. */
    workloadName: text('workload_name').notNull(),
    clusterId: uuid('cluster_id')
      .$type<ClusterId>()
      .notNull()
      .references(() => clusters.id),
    modelVersionId: uuid('model_version_id')
      .$type<ModelVersionId>()
      .notNull()
      .references(() => modelVersions.id),
    spec: jsonb('spec').$type<DeploymentSpec>().notNull(),
    workload: jsonb('workload').$type<WorkloadSpec>().notNull(),
    placement: jsonb('placement').$type<PlacementSpec>().notNull(),
    servedModelName: text('served_model_name').notNull(),
    healthPath: text('health_path').notNull(),
    maxInFlightPerReplica: integer('max_in_flight_per_replica'),
    /** Longest input and output together that the engine takes; null where it is not known. */
    maxContextTokens: integer('max_context_tokens'),
    author: text('author').notNull(),
    /** `apply`, `promote`: what made it. */
    cause: text('cause').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    unique('revisions_number').on(table.deploymentId, table.number),
    index('revisions_workload').on(table.deploymentId, table.workloadHash),
  ],
);

export const routes = pgTable(
  'routes',
  {
    id: id<RouteId>(),
    projectId: uuid('project_id')
      .$type<ProjectId>()
      .notNull()
      .references(() => projects.id),
    name: text('name').notNull(),
    /** Public model name: unique over all projects. */
    model: text('model').notNull().unique(),
    deploymentId: uuid('deployment_id')
      .$type<DeploymentId>()
      .notNull()
      .references(() => deployments.id),
    spec: jsonb('spec').$type<RouteSpec>().notNull(),
    ...written(),
  },
  (table) => [unique('routes_name').on(table.projectId, table.name)],
);
