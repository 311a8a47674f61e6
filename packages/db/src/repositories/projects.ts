import type { ProjectId, ProjectSpec } from '@signalbox/domain';
import { and, asc, eq } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { insertion, removal } from '../outcomes.ts';
import { firstOutside, inside, type Outside, outside } from '../rows.ts';
import { projects } from '../schema/index.ts';
import { type WrittenChange, writtenColumns } from './written-change.ts';

export type Project = Outside<typeof projects.$inferSelect>;
export type NewProject = Outside<typeof projects.$inferInsert>;

export function projectRepository(handle: Handle) {
  const { sql: db } = handle;
  return {
    get: async (id: ProjectId): Promise<Project | undefined> =>
      firstOutside(await db.select().from(projects).where(eq(projects.id, id))),

    getByName: async (name: string): Promise<Project | undefined> =>
      firstOutside(await db.select().from(projects).where(eq(projects.name, name))),

    list: async (): Promise<readonly Project[]> =>
      (await db.select().from(projects).orderBy(asc(projects.name))).map(outside),

    insert: async (row: NewProject) =>
      insertion(
        await db.insert(projects).values(inside(projects, row)).onConflictDoNothing().returning({ id: projects.id }),
      ),

    /** False when the version is no longer the expected one. */
    update: async (id: ProjectId, change: WrittenChange<ProjectSpec>): Promise<boolean> => {
      const updated = await db
        .update(projects)
        .set(writtenColumns(change))
        .where(and(eq(projects.id, id), eq(projects.version, change.expectedVersion)))
        .returning({ id: projects.id });
      return updated.length > 0;
    },

    remove: async (id: ProjectId) =>
      removal(handle, () => db.delete(projects).where(eq(projects.id, id)).returning({ id: projects.id })),
  };
}
