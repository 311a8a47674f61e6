import { asc, eq, inArray } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { inside, type Outside, outside } from '../rows.ts';
import { reconciles } from '../schema/index.ts';

export type ReconcileRecord = Outside<typeof reconciles.$inferSelect>;

export function reconcileRepository({ sql: db }: Handle) {
  return {
    record: async (row: ReconcileRecord): Promise<void> => {
      const values = inside(reconciles, row);
      await db
        .insert(reconciles)
        .values(values)
        .onConflictDoUpdate({ target: [reconciles.controller, reconciles.objectId], set: values });
    },

    listByObject: async (objectId: string): Promise<readonly ReconcileRecord[]> => {
      const rows = await db
        .select()
        .from(reconciles)
        .where(eq(reconciles.objectId, objectId))
        .orderBy(asc(reconciles.controller));
      return rows.map(outside);
    },

    listByObjects: async (objectIds: readonly string[]): Promise<readonly ReconcileRecord[]> =>
      (
        await db
          .select()
          .from(reconciles)
          .where(inArray(reconciles.objectId, [...objectIds]))
          .orderBy(asc(reconciles.controller), asc(reconciles.objectId))
      ).map(outside),

    /** Those that retry and those that gave up. */
    listFailing: async (): Promise<readonly ReconcileRecord[]> => {
      const rows = await db
        .select()
        .from(reconciles)
        .where(inArray(reconciles.outcome, ['retrying', 'terminal']))
        .orderBy(asc(reconciles.controller), asc(reconciles.objectId));
      return rows.map(outside);
    },

    /** The object is gone. */
    forget: async (objectId: string): Promise<void> => {
      await db.delete(reconciles).where(eq(reconciles.objectId, objectId));
    },
  };
}
