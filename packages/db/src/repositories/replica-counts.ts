import type { DeploymentId, RevisionId } from '@signalbox/domain';
import { asc, eq, sql } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { firstOutside, inside, type Outside, outside } from '../rows.ts';
import { replicaCounts } from '../schema/index.ts';

export type ReplicaCount = Outside<typeof replicaCounts.$inferSelect>;

/** For the scaling controller alone to write. */
export function replicaCountRepository({ sql: db }: Handle) {
  return {
    /** True when the number changed; the reason of the last change stays otherwise. */
    set: async (row: ReplicaCount): Promise<boolean> => {
      const changed = await db
        .insert(replicaCounts)
        .values(inside(replicaCounts, row))
        .onConflictDoUpdate({
          target: replicaCounts.revisionId,
          set: { desired: row.desired, reason: row.reason, updatedAt: new Date(row.updatedAt) },
          setWhere: sql`${replicaCounts.desired} <> excluded.desired`,
        })
        .returning({ id: replicaCounts.revisionId });
      return changed.length > 0;
    },

    get: async (revisionId: RevisionId): Promise<ReplicaCount | undefined> =>
      firstOutside(await db.select().from(replicaCounts).where(eq(replicaCounts.revisionId, revisionId))),

    listByDeployment: async (deploymentId: DeploymentId): Promise<readonly ReplicaCount[]> => {
      const rows = await db
        .select()
        .from(replicaCounts)
        .where(eq(replicaCounts.deploymentId, deploymentId))
        .orderBy(asc(replicaCounts.revisionId));
      return rows.map(outside);
    },

    remove: async (revisionId: RevisionId): Promise<void> => {
      await db.delete(replicaCounts).where(eq(replicaCounts.revisionId, revisionId));
    },
  };
}
