import type { DeploymentId } from '@signalbox/domain';
import { eq } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { firstOutside, inside, type Outside } from '../rows.ts';
import { scaleOverrides } from '../schema/index.ts';

export type ScaleOverride = Outside<typeof scaleOverrides.$inferSelect>;

export function scaleOverrideRepository({ sql: db }: Handle) {
  return {
    get: async (deploymentId: DeploymentId): Promise<ScaleOverride | undefined> =>
      firstOutside(await db.select().from(scaleOverrides).where(eq(scaleOverrides.deploymentId, deploymentId))),

    set: async (row: ScaleOverride): Promise<void> => {
      const values = inside(scaleOverrides, row);
      await db
        .insert(scaleOverrides)
        .values(values)
        .onConflictDoUpdate({ target: scaleOverrides.deploymentId, set: values });
    },

    /** False when there was none. */
    clear: async (deploymentId: DeploymentId): Promise<boolean> => {
      const cleared = await db
        .delete(scaleOverrides)
        .where(eq(scaleOverrides.deploymentId, deploymentId))
        .returning({ id: scaleOverrides.deploymentId });
      return cleared.length > 0;
    },
  };
}
