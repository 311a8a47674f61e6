import type { DeploymentId, DeploymentSpec, Instant, ModelId, ProjectId, RevisionId } from '@signalbox/domain';
import { and, asc, eq, gt, isNotNull, isNull } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { insertion, removal } from '../outcomes.ts';
import { firstOutside, inside, type Outside, outside } from '../rows.ts';
import { deployments } from '../schema/index.ts';
import type { NamePage } from './page.ts';
import { type WrittenChange, writtenColumns } from './written-change.ts';

export type Deployment = Outside<typeof deployments.$inferSelect>;
export type NewDeployment = Outside<typeof deployments.$inferInsert>;
export type DeploymentChange = WrittenChange<DeploymentSpec> & { modelId: ModelId; specRevisionId: RevisionId };

/** What users write. Where a deployment is lies in `deploymentTraffic` and `rolloutStatus`. */
export function deploymentRepository(handle: Handle) {
  const { sql: db } = handle;
  const named = (projectId: ProjectId, id: DeploymentId) =>
    and(eq(deployments.projectId, projectId), eq(deployments.id, id));
  return {
    get: async (projectId: ProjectId, id: DeploymentId): Promise<Deployment | undefined> =>
      firstOutside(await db.select().from(deployments).where(named(projectId, id))),

    /** Deleted ones too, until they are gone: their name is not free yet. */
    getByName: async (projectId: ProjectId, name: string): Promise<Deployment | undefined> =>
      firstOutside(
        await db
          .select()
          .from(deployments)
          .where(and(eq(deployments.projectId, projectId), eq(deployments.name, name))),
      ),

    /** For controllers, whose ids come from our own tables. */
    find: async (id: DeploymentId): Promise<Deployment | undefined> =>
      firstOutside(await db.select().from(deployments).where(eq(deployments.id, id))),

    /** For controllers: holds the row, so that number and spec revision of two changes never interleave. */
    lockForUpdate: async (projectId: ProjectId, id: DeploymentId): Promise<Deployment | undefined> =>
      firstOutside(await db.select().from(deployments).where(named(projectId, id)).for('update')),

    list: async (projectId: ProjectId, page: NamePage): Promise<readonly Deployment[]> => {
      const rows = await db
        .select()
        .from(deployments)
        .where(
          and(
            eq(deployments.projectId, projectId),
            page.after === undefined ? undefined : gt(deployments.name, page.after),
          ),
        )
        .orderBy(asc(deployments.name))
        .limit(page.limit);
      return rows.map(outside);
    },

    /** For controllers' resync: every deployment, deleted ones too. */
    listIds: async (): Promise<readonly DeploymentId[]> =>
      (await db.select({ id: deployments.id }).from(deployments).orderBy(asc(deployments.id))).map(({ id }) => id),

    listByModel: async (projectId: ProjectId, modelId: ModelId): Promise<readonly Deployment[]> => {
      const rows = await db
        .select()
        .from(deployments)
        .where(and(eq(deployments.projectId, projectId), eq(deployments.modelId, modelId)))
        .orderBy(asc(deployments.name));
      return rows.map(outside);
    },

    insert: async (row: NewDeployment) =>
      insertion(
        await db
          .insert(deployments)
          .values(inside(deployments, row))
          .onConflictDoNothing()
          .returning({ id: deployments.id }),
      ),

    /** Only right after the insert, whose revision could not exist before it. Not a change: the version stays. */
    setFirstRevision: async (projectId: ProjectId, id: DeploymentId, specRevisionId: RevisionId): Promise<boolean> => {
      const updated = await db
        .update(deployments)
        .set({ specRevisionId })
        .where(and(named(projectId, id), isNull(deployments.specRevisionId)))
        .returning({ id: deployments.id });
      return updated.length > 0;
    },

    /** False when the version is no longer the expected one, or the deployment was deleted. */
    update: async (projectId: ProjectId, id: DeploymentId, change: DeploymentChange): Promise<boolean> => {
      const { modelId, specRevisionId, expectedVersion } = change;
      const updated = await db
        .update(deployments)
        .set({ ...writtenColumns(change), modelId, specRevisionId })
        .where(and(named(projectId, id), eq(deployments.version, expectedVersion), isNull(deployments.deletedAt)))
        .returning({ id: deployments.id });
      return updated.length > 0;
    },

    /** False when it was deleted before, or changed since. */
    markDeleted: async (
      projectId: ProjectId,
      id: DeploymentId,
      change: { expectedVersion: number; author: string; at: Instant },
    ): Promise<boolean> => {
      const at = new Date(change.at);
      const updated = await db
        .update(deployments)
        .set({ deletedAt: at, updatedAt: at, author: change.author, version: change.expectedVersion + 1 })
        .where(
          and(named(projectId, id), eq(deployments.version, change.expectedVersion), isNull(deployments.deletedAt)),
        )
        .returning({ id: deployments.id });
      return updated.length > 0;
    },

    /** Takes the row and all that hangs on it away; only one that was marked before. */
    remove: async (id: DeploymentId) =>
      removal(handle, () =>
        db
          .delete(deployments)
          .where(and(eq(deployments.id, id), isNotNull(deployments.deletedAt)))
          .returning({ id: deployments.id }),
      ),
  };
}
