import type { ClusterId, ClusterSpec } from '@signalbox/domain';
import { and, asc, eq } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { insertion, removal } from '../outcomes.ts';
import { firstOutside, inside, type Outside, outside } from '../rows.ts';
import { clusters } from '../schema/index.ts';
import { type WrittenChange, writtenColumns } from './written-change.ts';

export type ClusterRow = Outside<typeof clusters.$inferSelect>;
export type NewClusterRow = Outside<typeof clusters.$inferInsert>;

export function clusterRepository(handle: Handle) {
  const { sql: db } = handle;
  return {
    get: async (id: ClusterId): Promise<ClusterRow | undefined> =>
      firstOutside(await db.select().from(clusters).where(eq(clusters.id, id))),

    getByName: async (name: string): Promise<ClusterRow | undefined> =>
      firstOutside(await db.select().from(clusters).where(eq(clusters.name, name))),

    list: async (): Promise<readonly ClusterRow[]> =>
      (await db.select().from(clusters).orderBy(asc(clusters.name))).map(outside),

    insert: async (row: NewClusterRow) =>
      insertion(
        await db.insert(clusters).values(inside(clusters, row)).onConflictDoNothing().returning({ id: clusters.id }),
      ),

    /** False when the version is no longer the expected one. */
    update: async (id: ClusterId, change: WrittenChange<ClusterSpec>): Promise<boolean> => {
      const updated = await db
        .update(clusters)
        .set(writtenColumns(change))
        .where(and(eq(clusters.id, id), eq(clusters.version, change.expectedVersion)))
        .returning({ id: clusters.id });
      return updated.length > 0;
    },

    remove: async (id: ClusterId) =>
      removal(handle, () => db.delete(clusters).where(eq(clusters.id, id)).returning({ id: clusters.id })),
  };
}
