import type { ClusterId, ClusterSpec, NodeCapacity, PoolId, PoolSpec, ProjectId, ProjectSpec } from '@signalbox/domain';
import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant, written } from './columns.ts';

export const projects = pgTable('projects', {
  id: id<ProjectId>(),
  name: text('name').notNull().unique(),
  spec: jsonb('spec').$type<ProjectSpec>().notNull(),
  ...written(),
});

export const clusters = pgTable('clusters', {
  id: id<ClusterId>(),
  name: text('name').notNull().unique(),
  spec: jsonb('spec').$type<ClusterSpec>().notNull(),
  ...written(),
});

/** Written by the clusters controller only. */
export const clusterStatus = pgTable('cluster_status', {
  clusterId: uuid('cluster_id')
    .$type<ClusterId>()
    .primaryKey()
    .references(() => clusters.id, { onDelete: 'cascade' }),
  reachable: boolean('reachable').notNull(),
  /** Since when `reachable` has had its value. */
  since: instant('since').notNull(),
  message: text('message'),
  capacity: jsonb('capacity').$type<readonly NodeCapacity[]>().notNull(),
  observedAt: instant('observed_at').notNull(),
});

export const pools = pgTable('pools', {
  id: id<PoolId>(),
  name: text('name').notNull().unique(),
  clusterId: uuid('cluster_id')
    .$type<ClusterId>()
    .notNull()
    .references(() => clusters.id),
  spec: jsonb('spec').$type<PoolSpec>().notNull(),
  ...written(),
});

/** What each apply source has applied: the inventory that `--prune` compares with. */
export const appliedObjects = pgTable(
  'applied_objects',
  {
    source: text('source').notNull(),
    kind: text('kind').notNull(),
    /** Empty for kinds outside of projects. */
    project: text('project').notNull(),
    name: text('name').notNull(),
    appliedAt: instant('applied_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.source, table.kind, table.project, table.name] })],
);

/** One row: the number of the newest snapshot. Bumped by every transaction that changes what gateways need. */
export const snapshotState = pgTable('snapshot_state', {
  singleton: boolean('singleton').primaryKey().default(true),
  epoch: integer('epoch').notNull(),
  number: bigint('number', { mode: 'number' }).notNull(),
});

export const leases = pgTable('leases', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  expiresAt: instant('expires_at').notNull(),
});

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    /** Keys of two tokens never meet. */
    tokenId: uuid('token_id').notNull(),
    key: text('key').notNull(),
    requestHash: text('request_hash').notNull(),
    /** Null while the first request is still running. */
    status: integer('status'),
    body: jsonb('body').$type<unknown>(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tokenId, table.key] }),
    index('idempotency_keys_created').on(table.createdAt),
  ],
);
