import type { DeploymentId } from '@signalbox/domain';
import { eq, sql } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { firstOutside, inside, type Outside } from '../rows.ts';
import { deploymentScale } from '../schema/index.ts';

export type DeploymentScale = Outside<typeof deploymentScale.$inferSelect>;

/** For the scaling controller alone to write. */
export function deploymentScaleRepository({ sql: db }: Handle) {
  return {
    get: async (id: DeploymentId): Promise<DeploymentScale | undefined> =>
      firstOutside(await db.select().from(deploymentScale).where(eq(deploymentScale.deploymentId, id))),

    /** True when the number changed; the reason of the last change stays otherwise. */
    set: async (row: DeploymentScale): Promise<boolean> => {
      const changed = await db
        .insert(deploymentScale)
        .values(inside(deploymentScale, row))
        .onConflictDoUpdate({
          target: deploymentScale.deploymentId,
          set: { replicas: row.replicas, reason: row.reason, updatedAt: new Date(row.updatedAt) },
          setWhere: sql`${deploymentScale.replicas} <> excluded.replicas`,
        })
        .returning({ id: deploymentScale.deploymentId });
      return changed.length > 0;
    },
  };
}
