import type { ClusterId, RevisionId } from '@signalbox/domain';
import { asc, eq } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { excluded, firstOutside, inside, type Outside, outside } from '../rows.ts';
import { workloadStatus } from '../schema/index.ts';

export type WorkloadStatus = Outside<typeof workloadStatus.$inferSelect>;

/** For the workloads controller alone to write. */
export function workloadStatusRepository({ sql: db }: Handle) {
  return {
    get: async (revisionId: RevisionId): Promise<WorkloadStatus | undefined> =>
      firstOutside(await db.select().from(workloadStatus).where(eq(workloadStatus.revisionId, revisionId))),

    listByCluster: async (clusterId: ClusterId): Promise<readonly WorkloadStatus[]> => {
      const rows = await db
        .select()
        .from(workloadStatus)
        .where(eq(workloadStatus.clusterId, clusterId))
        .orderBy(asc(workloadStatus.revisionId));
      return rows.map(outside);
    },

    saveMany: async (rows: readonly WorkloadStatus[]): Promise<void> => {
      if (rows.length === 0) return;
      await db
        .insert(workloadStatus)
        .values(rows.map((row) => inside(workloadStatus, row)))
        .onConflictDoUpdate({
          target: workloadStatus.revisionId,
          set: excluded(workloadStatus, ['clusterId', 'wantedReplicas', 'drift', 'problem', 'observedAt']),
        });
    },

    remove: async (revisionId: RevisionId): Promise<void> => {
      await db.delete(workloadStatus).where(eq(workloadStatus.revisionId, revisionId));
    },
  };
}
