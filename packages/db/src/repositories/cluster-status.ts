import type { ClusterId } from '@signalbox/domain';
import { eq } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { firstOutside, inside, type Outside, outside } from '../rows.ts';
import { clusterStatus } from '../schema/index.ts';

export type ClusterStatus = Outside<typeof clusterStatus.$inferSelect>;

/** For the clusters controller to write, for all to read. */
export function clusterStatusRepository({ sql: db }: Handle) {
  return {
    get: async (clusterId: ClusterId): Promise<ClusterStatus | undefined> =>
      firstOutside(await db.select().from(clusterStatus).where(eq(clusterStatus.clusterId, clusterId))),

    list: async (): Promise<readonly ClusterStatus[]> => (await db.select().from(clusterStatus)).map(outside),

    save: async (status: ClusterStatus): Promise<void> => {
      const { clusterId: _, ...rest } = inside(clusterStatus, status);
      await db
        .insert(clusterStatus)
        .values(inside(clusterStatus, status))
        .onConflictDoUpdate({ target: clusterStatus.clusterId, set: rest });
    },
  };
}
