import type { DeploymentId } from '@signalbox/domain';
import { integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { deployments } from './deployments.ts';

/** Replicas that all of a deployment's traffic needs, however rollouts divide them. Written by the scaling controller only. */
export const deploymentScale = pgTable('deployment_scale', {
  deploymentId: uuid('deployment_id')
    .$type<DeploymentId>()
    .primaryKey()
    .references(() => deployments.id, { onDelete: 'cascade' }),
  replicas: integer('replicas').notNull(),
  reason: text('reason').notNull(),
  updatedAt: instant('updated_at').notNull(),
});

/** A person asked for fresh replicas: those started before this instant are replaced one by one. Written by users. */
export const restartRequests = pgTable('restart_requests', {
  deploymentId: uuid('deployment_id')
    .$type<DeploymentId>()
    .primaryKey()
    .references(() => deployments.id, { onDelete: 'cascade' }),
  requestedAt: instant('requested_at').notNull(),
  author: text('author').notNull(),
});
