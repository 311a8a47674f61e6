import type { LimitSpec, PriorityClass, ProjectId } from '@signalbox/domain';
import { boolean, doublePrecision, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.ts';
import { projects } from './installation.ts';

/** Tokens of the API: people, pipelines and gateways. */
export const apiTokens = pgTable('api_tokens', {
  id: id(),
  name: text('name').notNull().unique(),
  /** SHA-256 of the token, hex. The token itself is shown once and kept nowhere. */
  hash: text('hash').notNull().unique(),
  role: text('role').$type<'viewer' | 'operator' | 'admin' | 'gateway'>().notNull(),
  author: text('author').notNull(),
  createdAt: createdAt(),
  expiresAt: instant('expires_at'),
  revokedAt: instant('revoked_at'),
});

/** What callers of the models present to a gateway. */
export const consumerKeys = pgTable('consumer_keys', {
  id: id(),
  projectId: uuid('project_id')
    .$type<ProjectId>()
    .notNull()
    .references(() => projects.id),
  name: text('name').notNull(),
  hash: text('hash').notNull().unique(),
  /** First characters, so that a person can tell keys apart. */
  prefix: text('prefix').notNull(),
  /** Public model names, or `*`. */
  routes: text('routes').array().notNull(),
  limits: jsonb('limits').$type<readonly LimitSpec[]>().notNull().default([]),
  priority: text('priority').$type<PriorityClass>().notNull().default('standard'),
  /** Part of its priority class beside other keys' parts. */
  weight: doublePrecision('weight').notNull().default(1),
  /** May choose a revision by header. */
  mayPin: boolean('may_pin').notNull().default(false),
  author: text('author').notNull(),
  createdAt: createdAt(),
  expiresAt: instant('expires_at'),
  revokedAt: instant('revoked_at'),
});
