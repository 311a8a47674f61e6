import type { ClusterId, PoolId, PoolSpec } from '@signalbox/domain';
import { and, asc, eq } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { insertion, removal } from '../outcomes.ts';
import { firstOutside, inside, type Outside, outside } from '../rows.ts';
import { pools } from '../schema/index.ts';
import { type WrittenChange, writtenColumns } from './written-change.ts';

export type Pool = Outside<typeof pools.$inferSelect>;
export type NewPool = Outside<typeof pools.$inferInsert>;

export function poolRepository(handle: Handle) {
  const { sql: db } = handle;
  return {
    get: async (id: PoolId): Promise<Pool | undefined> =>
      firstOutside(await db.select().from(pools).where(eq(pools.id, id))),

    getByName: async (name: string): Promise<Pool | undefined> =>
      firstOutside(await db.select().from(pools).where(eq(pools.name, name))),

    list: async (): Promise<readonly Pool[]> => (await db.select().from(pools).orderBy(asc(pools.name))).map(outside),

    listByCluster: async (clusterId: ClusterId): Promise<readonly Pool[]> =>
      (await db.select().from(pools).where(eq(pools.clusterId, clusterId)).orderBy(asc(pools.name))).map(outside),

    insert: async (row: NewPool) =>
      insertion(await db.insert(pools).values(inside(pools, row)).onConflictDoNothing().returning({ id: pools.id })),

    /** False when the version is no longer the expected one. */
    update: async (id: PoolId, change: WrittenChange<PoolSpec> & { clusterId: ClusterId }): Promise<boolean> => {
      const updated = await db
        .update(pools)
        .set({ ...writtenColumns(change), clusterId: change.clusterId })
        .where(and(eq(pools.id, id), eq(pools.version, change.expectedVersion)))
        .returning({ id: pools.id });
      return updated.length > 0;
    },

    remove: async (id: PoolId) =>
      removal(handle, () => db.delete(pools).where(eq(pools.id, id)).returning({ id: pools.id })),
  };
}
