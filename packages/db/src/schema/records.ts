import type { ProjectId } from '@signalbox/domain';
import { bigserial, index, integer, jsonb, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, instant } from './columns.ts';

/** The append-only record of decisions, chained by hash per project. The database refuses update and delete. */
export const ledger = pgTable(
  'ledger',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    /** No reference: the ledger outlives what it tells of. Null for the installation itself. */
    projectId: uuid('project_id').$type<ProjectId>(),
    project: text('project'),
    at: instant('at').notNull(),
    actor: text('actor').notNull(),
    /** `deployment.applied`, `rollout.started`, `rollout.rolledBack` … */
    kind: text('kind').notNull(),
    subjectKind: text('subject_kind').notNull(),
    subjectName: text('subject_name').notNull(),
    subjectId: text('subject_id').notNull(),
    reason: text('reason'),
    evidence: jsonb('evidence').$type<Readonly<Record<string, unknown>>>().notNull(),
    previousHash: text('previous_hash').notNull(),
    hash: text('hash').notNull(),
  },
  (table) => [
    index('ledger_project').on(table.projectId, table.seq),
    // The chain of a project can never fork: each entry has one successor.
    unique('ledger_chain').on(table.projectId, table.previousHash).nullsNotDistinct(),
    index('ledger_subject').on(table.subjectId, table.seq),
  ],
);

/** What changed, for event streams: a hint with a place in order. Old rows are pruned. */
export const changes = pgTable(
  'changes',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    projectId: uuid('project_id').$type<ProjectId>(),
    kind: text('kind').notNull(),
    objectId: text('object_id').notNull(),
    name: text('name').notNull(),
    change: text('change').$type<'created' | 'updated' | 'deleted' | 'status'>().notNull(),
    message: text('message'),
    createdAt: createdAt(),
  },
  (table) => [index('changes_created').on(table.createdAt)],
);

/** The last outcome of each controller for each object, so that retries and terminal failures can be seen. */
export const reconciles = pgTable(
  'reconciles',
  {
    controller: text('controller').notNull(),
    objectId: text('object_id').notNull(),
    outcome: text('outcome').$type<'done' | 'waiting' | 'retrying' | 'terminal'>().notNull(),
    failures: integer('failures').notNull(),
    lastError: text('last_error'),
    at: instant('at').notNull(),
    nextAt: instant('next_at'),
  },
  (table) => [primaryKey({ columns: [table.controller, table.objectId] })],
);
