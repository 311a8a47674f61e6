import type { ModelId, ModelVersionId, ProjectId } from '@signalbox/domain';
import { and, asc, eq, gt } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { insertion, removal } from '../outcomes.ts';
import { firstOutside, inside, type Outside, outside } from '../rows.ts';
import { modelVersions } from '../schema/index.ts';
import type { NamePage } from './page.ts';

export type ModelVersionRow = Outside<typeof modelVersions.$inferSelect>;
export type NewModelVersion = Outside<typeof modelVersions.$inferInsert>;

/** There is no update: a version is what its digest says. */
export function modelVersionRepository(handle: Handle) {
  const { sql: db } = handle;
  const inProject = (projectId: ProjectId) => eq(modelVersions.projectId, projectId);
  return {
    get: async (projectId: ProjectId, id: ModelVersionId): Promise<ModelVersionRow | undefined> =>
      firstOutside(
        await db
          .select()
          .from(modelVersions)
          .where(and(inProject(projectId), eq(modelVersions.id, id))),
      ),

    getByName: async (projectId: ProjectId, name: string): Promise<ModelVersionRow | undefined> =>
      firstOutside(
        await db
          .select()
          .from(modelVersions)
          .where(and(inProject(projectId), eq(modelVersions.name, name))),
      ),

    getByVersion: async (
      projectId: ProjectId,
      modelId: ModelId,
      versionName: string,
    ): Promise<ModelVersionRow | undefined> =>
      firstOutside(
        await db
          .select()
          .from(modelVersions)
          .where(
            and(inProject(projectId), eq(modelVersions.modelId, modelId), eq(modelVersions.versionName, versionName)),
          ),
      ),

    list: async (projectId: ProjectId, page: NamePage): Promise<readonly ModelVersionRow[]> => {
      const rows = await db
        .select()
        .from(modelVersions)
        .where(and(inProject(projectId), page.after === undefined ? undefined : gt(modelVersions.name, page.after)))
        .orderBy(asc(modelVersions.name))
        .limit(page.limit);
      return rows.map(outside);
    },

    /** Oldest first. */
    listByModel: async (projectId: ProjectId, modelId: ModelId): Promise<readonly ModelVersionRow[]> => {
      const rows = await db
        .select()
        .from(modelVersions)
        .where(and(inProject(projectId), eq(modelVersions.modelId, modelId)))
        .orderBy(asc(modelVersions.createdAt), asc(modelVersions.id));
      return rows.map(outside);
    },

    insert: async (row: NewModelVersion) =>
      insertion(
        await db
          .insert(modelVersions)
          .values(inside(modelVersions, row))
          .onConflictDoNothing()
          .returning({ id: modelVersions.id }),
      ),

    remove: async (projectId: ProjectId, id: ModelVersionId) =>
      removal(handle, () =>
        db
          .delete(modelVersions)
          .where(and(inProject(projectId), eq(modelVersions.id, id)))
          .returning({ id: modelVersions.id }),
      ),
  };
}
