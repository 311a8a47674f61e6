import type { DeploymentId } from '@signalbox/domain';
import { eq } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { firstOutside, inside, type Outside } from '../rows.ts';
import { restartRequests } from '../schema/index.ts';

export type RestartRequest = Outside<typeof restartRequests.$inferSelect>;

export function restartRequestRepository({ sql: db }: Handle) {
  return {
    get: async (id: DeploymentId): Promise<RestartRequest | undefined> =>
      firstOutside(await db.select().from(restartRequests).where(eq(restartRequests.deploymentId, id))),

    set: async (row: RestartRequest): Promise<void> => {
      const values = inside(restartRequests, row);
      await db
        .insert(restartRequests)
        .values(values)
        .onConflictDoUpdate({ target: restartRequests.deploymentId, set: values });
    },
  };
}
