import type { DeploymentId, ProjectId, RouteId, RouteSpec } from '@signalbox/domain';
import { and, asc, eq, gt } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { insertion, removal, uniquely } from '../outcomes.ts';
import { firstOutside, inside, type Outside, outside } from '../rows.ts';
import { routes } from '../schema/index.ts';
import type { NamePage } from './page.ts';
import { type WrittenChange, writtenColumns } from './written-change.ts';

export type Route = Outside<typeof routes.$inferSelect>;
export type NewRoute = Outside<typeof routes.$inferInsert>;
export type RouteChange = WrittenChange<RouteSpec> & { model: string; deploymentId: DeploymentId };

export function routeRepository(handle: Handle) {
  const { sql: db } = handle;
  const named = (projectId: ProjectId, id: RouteId) => and(eq(routes.projectId, projectId), eq(routes.id, id));
  return {
    get: async (projectId: ProjectId, id: RouteId): Promise<Route | undefined> =>
      firstOutside(await db.select().from(routes).where(named(projectId, id))),

    getByName: async (projectId: ProjectId, name: string): Promise<Route | undefined> =>
      firstOutside(
        await db
          .select()
          .from(routes)
          .where(and(eq(routes.projectId, projectId), eq(routes.name, name))),
      ),

    /** Public model names are unique over all projects: this tells who has one, and nothing else may be told. */
    ownerOfModel: async (model: string): Promise<{ id: RouteId; projectId: ProjectId } | undefined> => {
      const [owner] = await db
        .select({ id: routes.id, projectId: routes.projectId })
        .from(routes)
        .where(eq(routes.model, model));
      return owner;
    },

    list: async (projectId: ProjectId, page: NamePage): Promise<readonly Route[]> => {
      const rows = await db
        .select()
        .from(routes)
        .where(and(eq(routes.projectId, projectId), page.after === undefined ? undefined : gt(routes.name, page.after)))
        .orderBy(asc(routes.name))
        .limit(page.limit);
      return rows.map(outside);
    },

    /** For controllers: of all projects. */
    listAll: async (): Promise<readonly Route[]> =>
      (await db.select().from(routes).orderBy(asc(routes.id))).map(outside),

    listByDeployment: async (projectId: ProjectId, deploymentId: DeploymentId): Promise<readonly Route[]> => {
      const rows = await db
        .select()
        .from(routes)
        .where(and(eq(routes.projectId, projectId), eq(routes.deploymentId, deploymentId)))
        .orderBy(asc(routes.name));
      return rows.map(outside);
    },

    /** `duplicate`: the name is taken in the project, or the public model name anywhere. */
    insert: async (row: NewRoute) =>
      insertion(await db.insert(routes).values(inside(routes, row)).onConflictDoNothing().returning({ id: routes.id })),

    /** `stale`: the version is no longer the expected one. `duplicate`: the public model name is taken. */
    update: async (
      projectId: ProjectId,
      id: RouteId,
      change: RouteChange,
    ): Promise<'updated' | 'stale' | 'duplicate'> => {
      const { model, deploymentId, expectedVersion } = change;
      return uniquely(handle, async () => {
        const updated = await db
          .update(routes)
          .set({ ...writtenColumns(change), model, deploymentId })
          .where(and(named(projectId, id), eq(routes.version, expectedVersion)))
          .returning({ id: routes.id });
        return updated.length > 0 ? 'updated' : 'stale';
      });
    },

    remove: async (projectId: ProjectId, id: RouteId) =>
      removal(handle, () => db.delete(routes).where(named(projectId, id)).returning({ id: routes.id })),
  };
}
