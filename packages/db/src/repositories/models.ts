import type { ModelId, ModelSpec, ProjectId } from '@signalbox/domain';
import { and, asc, eq, gt } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { insertion, removal } from '../outcomes.ts';
import { firstOutside, inside, type Outside, outside } from '../rows.ts';
import { models } from '../schema/index.ts';
import type { NamePage } from './page.ts';
import { type WrittenChange, writtenColumns } from './written-change.ts';

export type Model = Outside<typeof models.$inferSelect>;
export type NewModel = Outside<typeof models.$inferInsert>;

export function modelRepository(handle: Handle) {
  const { sql: db } = handle;
  const named = (projectId: ProjectId, id: ModelId) => and(eq(models.projectId, projectId), eq(models.id, id));
  return {
    get: async (projectId: ProjectId, id: ModelId): Promise<Model | undefined> =>
      firstOutside(await db.select().from(models).where(named(projectId, id))),

    getByName: async (projectId: ProjectId, name: string): Promise<Model | undefined> =>
      firstOutside(
        await db
          .select()
          .from(models)
          .where(and(eq(models.projectId, projectId), eq(models.name, name))),
      ),

    list: async (projectId: ProjectId, page: NamePage): Promise<readonly Model[]> => {
      const rows = await db
        .select()
        .from(models)
        .where(and(eq(models.projectId, projectId), page.after === undefined ? undefined : gt(models.name, page.after)))
        .orderBy(asc(models.name))
        .limit(page.limit);
      return rows.map(outside);
    },

    insert: async (row: NewModel) =>
      insertion(await db.insert(models).values(inside(models, row)).onConflictDoNothing().returning({ id: models.id })),

    /** False when the version is no longer the expected one. */
    update: async (projectId: ProjectId, id: ModelId, change: WrittenChange<ModelSpec>): Promise<boolean> => {
      const updated = await db
        .update(models)
        .set(writtenColumns(change))
        .where(and(named(projectId, id), eq(models.version, change.expectedVersion)))
        .returning({ id: models.id });
      return updated.length > 0;
    },

    remove: async (projectId: ProjectId, id: ModelId) =>
      removal(handle, () => db.delete(models).where(named(projectId, id)).returning({ id: models.id })),
  };
}
