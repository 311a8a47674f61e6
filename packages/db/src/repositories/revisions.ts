import type { DeploymentId, ProjectId, RevisionId } from '@signalbox/domain';
import { and, asc, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import { type Handle, joinTransaction } from '../database.ts';
import { firstOutside, inside, type Outside, outside } from '../rows.ts';
import { deployments, revisions } from '../schema/index.ts';

export type Revision = Outside<typeof revisions.$inferSelect>;
export type NewRevision = Omit<Outside<typeof revisions.$inferInsert>, 'number'>;

/** There is no update: revisions are immutable. */
export function revisionRepository(handle: Handle) {
  const { sql: db } = handle;
  const ofDeployment = (projectId: ProjectId, id: DeploymentId) =>
    and(eq(revisions.projectId, projectId), eq(revisions.deploymentId, id));
  return {
    get: async (projectId: ProjectId, id: RevisionId): Promise<Revision | undefined> =>
      firstOutside(
        await db
          .select()
          .from(revisions)
          .where(and(eq(revisions.projectId, projectId), eq(revisions.id, id))),
      ),

    /** For controllers, whose ids come from our own tables. */
    findMany: async (ids: readonly RevisionId[]): Promise<readonly Revision[]> =>
      ids.length === 0
        ? []
        : (
            await db
              .select()
              .from(revisions)
              .where(inArray(revisions.id, [...ids]))
              .orderBy(asc(revisions.id))
          ).map(outside),

    getByNumber: async (projectId: ProjectId, id: DeploymentId, number: number): Promise<Revision | undefined> =>
      firstOutside(
        await db
          .select()
          .from(revisions)
          .where(and(ofDeployment(projectId, id), eq(revisions.number, number))),
      ),

    latest: async (projectId: ProjectId, id: DeploymentId): Promise<Revision | undefined> =>
      firstOutside(
        await db.select().from(revisions).where(ofDeployment(projectId, id)).orderBy(desc(revisions.number)).limit(1),
      ),

    /** The first revision with this workload: the one whose pods serve all others with it. */
    findByWorkloadHash: async (
      projectId: ProjectId,
      id: DeploymentId,
      workloadHash: string,
    ): Promise<Revision | undefined> =>
      firstOutside(
        await db
          .select()
          .from(revisions)
          .where(and(ofDeployment(projectId, id), eq(revisions.workloadHash, workloadHash)))
          .orderBy(asc(revisions.number))
          .limit(1),
      ),

    /** Newest first. */
    list: async (
      projectId: ProjectId,
      id: DeploymentId,
      page: { beforeNumber?: number | undefined; limit: number },
    ): Promise<readonly Revision[]> => {
      const { beforeNumber, limit } = page;
      const rows = await db
        .select()
        .from(revisions)
        .where(
          and(ofDeployment(projectId, id), beforeNumber === undefined ? undefined : lt(revisions.number, beforeNumber)),
        )
        .orderBy(desc(revisions.number))
        .limit(limit);
      return rows.map(outside);
    },

    /** Gives it the next number. The deployment's row is held, so that two inserts never choose the same one. */
    insert: async (row: NewRevision): Promise<Revision> =>
      joinTransaction(handle, async (tx) => {
        await tx.sql
          .select({ id: deployments.id })
          .from(deployments)
          .where(eq(deployments.id, row.deploymentId))
          .for('update');
        const next = sql<number>`(select coalesce(max(${revisions.number}), 0) + 1 from ${revisions} where ${revisions.deploymentId} = ${row.deploymentId})`;
        const [inserted] = await tx.sql
          .insert(revisions)
          .values({ ...inside(revisions, row), number: next })
          .returning();
        if (inserted === undefined) throw new Error('the insert of a revision returned nothing');
        return outside(inserted);
      }),
  };
}
