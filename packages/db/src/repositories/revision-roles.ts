import type { DeploymentId, RevisionId } from '@signalbox/domain';
import { asc, eq, sql } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { inside, type Outside, outside } from '../rows.ts';
import { revisionRoles } from '../schema/index.ts';

export type RevisionRoleRow = Outside<typeof revisionRoles.$inferSelect>;

/** Each workload revision that must exist. For the rollouts controller to write. */
export function revisionRoleRepository({ sql: db }: Handle) {
  return {
    /** True when something changed. */
    set: async (row: RevisionRoleRow): Promise<boolean> => {
      const changed = await db
        .insert(revisionRoles)
        .values(inside(revisionRoles, row))
        .onConflictDoUpdate({
          target: revisionRoles.revisionId,
          set: { role: row.role, capacityShare: row.capacityShare, updatedAt: new Date(row.updatedAt) },
          setWhere: sql`${revisionRoles.role} <> excluded.role or ${revisionRoles.capacityShare} <> excluded.capacity_share`,
        })
        .returning({ id: revisionRoles.revisionId });
      return changed.length > 0;
    },

    listByDeployment: async (deploymentId: DeploymentId): Promise<readonly RevisionRoleRow[]> => {
      const rows = await db
        .select()
        .from(revisionRoles)
        .where(eq(revisionRoles.deploymentId, deploymentId))
        .orderBy(asc(revisionRoles.revisionId));
      return rows.map(outside);
    },

    list: async (): Promise<readonly RevisionRoleRow[]> =>
      (await db.select().from(revisionRoles).orderBy(asc(revisionRoles.revisionId))).map(outside),

    remove: async (revisionId: RevisionId): Promise<void> => {
      await db.delete(revisionRoles).where(eq(revisionRoles.revisionId, revisionId));
    },
  };
}
