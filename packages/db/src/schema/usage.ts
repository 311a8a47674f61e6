import type { PriorityClass, RoutingDecision, UsageExactness, UsageOutcome } from '@signalbox/domain';
import { bigint, boolean, index, integer, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

const total = (name: string) => bigint(name, { mode: 'number' }).notNull();

/**
 * One row per request, as gateways tell it; removed some weeks after it came. No references: usage outlives what it is
 * about. Written by the ingest only, each id once.
 */
export const usageRecords = pgTable(
  'usage_records',
  {
    id: text('id').primaryKey(),
    requestId: text('request_id').notNull(),
    traceId: text('trace_id').notNull(),
    gatewayId: text('gateway_id').notNull(),
    project: text('project').notNull(),
    routeId: text('route_id').notNull(),
    route: text('route').notNull(),
    keyId: text('key_id'),
    priority: text('priority').$type<PriorityClass>().notNull(),
    revisionId: text('revision_id'),
    deployment: text('deployment'),
    revision: integer('revision'),
    model: text('model'),
    version: text('version'),
    versionDigest: text('version_digest'),
    engine: text('engine'),
    quantization: text('quantization'),
    replicaId: text('replica_id'),
    operation: text('operation').notNull(),
    stream: boolean('stream').notNull(),
    startedAt: instant('started_at').notNull(),
    queuedMs: total('queued_ms'),
    firstByteMs: bigint('first_byte_ms', { mode: 'number' }),
    durationMs: total('duration_ms'),
    status: integer('status').notNull(),
    outcome: text('outcome').$type<UsageOutcome>().notNull(),
    attempts: total('attempts'),
    inputTokens: total('input_tokens'),
    cachedTokens: total('cached_tokens'),
    outputTokens: total('output_tokens'),
    reasoningTokens: total('reasoning_tokens'),
    exactness: text('exactness').$type<UsageExactness>().notNull(),
    bytesIn: total('bytes_in'),
    bytesOut: total('bytes_out'),
    requests: integer('requests').notNull(),
    receivedAt: instant('received_at').notNull(),
    routing: jsonb('routing').$type<readonly RoutingDecision[]>(),
  },
  (table) => [
    index('usage_records_request').on(table.project, table.requestId),
    // Rows come in the order of this column: an index of blocks is enough, and costs an insert nothing.
    index('usage_records_received').using('brin', table.receivedAt),
  ],
);

/** Sums by hour, kept for good. Written in the transaction that inserts the records, for those that are new. */
export const usageHours = pgTable(
  'usage_hours',
  {
    hour: instant('hour').notNull(),
    project: text('project').notNull(),
    keyId: text('key_id'),
    routeId: text('route_id').notNull(),
    route: text('route').notNull(),
    revisionId: text('revision_id'),
    model: text('model'),
    version: text('version'),
    requests: total('requests'),
    failed: total('failed'),
    cancelled: total('cancelled'),
    refused: total('refused'),
    estimated: total('estimated'),
    attempts: total('attempts'),
    inputTokens: total('input_tokens'),
    cachedTokens: total('cached_tokens'),
    outputTokens: total('output_tokens'),
    reasoningTokens: total('reasoning_tokens'),
    durationMs: total('duration_ms'),
    bytesIn: total('bytes_in'),
    bytesOut: total('bytes_out'),
  },
  (table) => [
    unique('usage_hours_group')
      .on(table.project, table.hour, table.keyId, table.routeId, table.route, table.revisionId)
      .nullsNotDistinct(),
    index('usage_hours_hour').on(table.hour),
  ],
);
