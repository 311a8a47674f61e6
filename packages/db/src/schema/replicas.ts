import type {
  ClusterId,
  GatewayId,
  GatewayReport,
  LimitUses,
  ReplicaId,
  ReplicaPhase,
  ReplicaTraffic,
  RevisionCounts,
  RevisionId,
} from '@signalbox/domain';
import { bigint, boolean, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { revisions } from './deployments.ts';
import { clusters } from './installation.ts';

/** What the cluster says of each workload. Written by the workloads controller only. */
export const workloadStatus = pgTable('workload_status', {
  revisionId: uuid('revision_id')
    .$type<RevisionId>()
    .primaryKey()
    .references(() => revisions.id, { onDelete: 'cascade' }),
  clusterId: uuid('cluster_id')
    .$type<ClusterId>()
    .notNull()
    .references(() => clusters.id),
  wantedReplicas: integer('wanted_replicas').notNull(),
  drift: jsonb('drift').$type<readonly string[]>().notNull(),
  problem: text('problem'),
  /** When the cluster last answered; older than the staleness bound means unknown. */
  observedAt: instant('observed_at').notNull(),
});

/** Replicas as last seen, and what traffic they may take. Written by the workloads controller only. */
export const replicas = pgTable(
  'replicas',
  {
    id: text('id').$type<ReplicaId>().primaryKey(),
    revisionId: uuid('revision_id')
      .$type<RevisionId>()
      .notNull()
      .references(() => revisions.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    phase: text('phase').$type<ReplicaPhase>().notNull(),
    address: text('address'),
    node: text('node'),
    reason: text('reason'),
    restarts: integer('restarts').notNull(),
    startedAt: instant('started_at'),
    /** When a probe generation last came back from this address and start; null before. */
    provenAt: instant('proven_at'),
    proofError: text('proof_error'),
    traffic: text('traffic').$type<ReplicaTraffic>().notNull(),
    trafficSince: instant('traffic_since').notNull(),
    observedAt: instant('observed_at').notNull(),
  },
  (table) => [index('replicas_revision').on(table.revisionId)],
);

/** Gateways and their last report. Written by the API process that received it. */
export const gateways = pgTable('gateways', {
  id: text('id').$type<GatewayId>().primaryKey(),
  bootId: text('boot_id').notNull(),
  firstSeenAt: instant('first_seen_at').notNull(),
  lastSeenAt: instant('last_seen_at').notNull(),
  accepting: boolean('accepting').notNull(),
  appliedEpoch: integer('applied_epoch').notNull(),
  appliedNumber: bigint('applied_number', { mode: 'number' }).notNull(),
  appliedHash: text('applied_hash').notNull(),
  report: jsonb('report').$type<GatewayReport>().notNull(),
  /** How much of each limit it used of late: what shares are computed from. Null: it takes no part in sharing. */
  limitUses: jsonb('limit_uses').$type<LimitUses>(),
});

/** Totals per revision over all gateways and their restarts. Added to by the API process that received a report. */
export const revisionStats = pgTable('revision_stats', {
  revisionId: uuid('revision_id')
    .$type<RevisionId>()
    .primaryKey()
    .references(() => revisions.id, { onDelete: 'cascade' }),
  counts: jsonb('counts').$type<RevisionCounts>().notNull(),
  updatedAt: instant('updated_at').notNull(),
});
