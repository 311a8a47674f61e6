import type { DeploymentId, Instant, RevisionId, TrafficSplit } from '@signalbox/domain';
import { and, eq } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { insertion } from '../outcomes.ts';
import { firstOutside, inside, type Outside } from '../rows.ts';
import { deploymentTraffic } from '../schema/index.ts';

export type DeploymentTraffic = Outside<typeof deploymentTraffic.$inferSelect>;
export type NewDeploymentTraffic = Outside<typeof deploymentTraffic.$inferInsert>;

export interface TrafficMove {
  expectedVersion: number;
  stableRevisionId: RevisionId | null;
  formerRevisionId: RevisionId | null;
  keepWarmUntil: Instant | null;
  split: TrafficSplit;
  at: Instant;
}

export function deploymentTrafficRepository({ sql: db }: Handle) {
  return {
    get: async (id: DeploymentId): Promise<DeploymentTraffic | undefined> =>
      firstOutside(await db.select().from(deploymentTraffic).where(eq(deploymentTraffic.deploymentId, id))),

    /** Within a transaction: whoever else would move this deployment's traffic waits until it ends. */
    lockForUpdate: async (id: DeploymentId): Promise<DeploymentTraffic | undefined> =>
      firstOutside(
        await db.select().from(deploymentTraffic).where(eq(deploymentTraffic.deploymentId, id)).for('update'),
      ),

    insert: async (row: NewDeploymentTraffic) =>
      insertion(
        await db
          .insert(deploymentTraffic)
          .values(inside(deploymentTraffic, row))
          .onConflictDoNothing()
          .returning({ id: deploymentTraffic.deploymentId }),
      ),

    /** False when someone else moved it since. Bump the snapshot in the same transaction. */
    save: async (id: DeploymentId, move: TrafficMove): Promise<boolean> => {
      const { expectedVersion, at, ...columns } = move;
      const saved = await db
        .update(deploymentTraffic)
        .set({
          ...inside(deploymentTraffic, columns),
          version: expectedVersion + 1,
          updatedAt: new Date(at),
        })
        .where(and(eq(deploymentTraffic.deploymentId, id), eq(deploymentTraffic.version, expectedVersion)))
        .returning({ id: deploymentTraffic.deploymentId });
      return saved.length > 0;
    },
  };
}
