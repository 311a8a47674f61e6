import type { DeploymentId, ProjectId, RolloutId } from '@signalbox/domain';
import { and, asc, desc, eq, lt } from 'drizzle-orm';
import { type Handle, joinTransaction } from '../database.ts';
import type { Insertion } from '../outcomes.ts';
import { inside, type Outside, outside } from '../rows.ts';
import { rolloutStatus, rollouts } from '../schema/index.ts';

export type Rollout = Outside<typeof rollouts.$inferSelect>;
export type RolloutStatus = Outside<typeof rolloutStatus.$inferSelect>;
export interface RolloutWithStatus {
  rollout: Rollout;
  status: RolloutStatus;
}

export function rolloutRepository(handle: Handle) {
  const { sql: db } = handle;
  const withStatus = () =>
    db
      .select({ rollout: rollouts, status: rolloutStatus })
      .from(rollouts)
      .innerJoin(rolloutStatus, eq(rolloutStatus.rolloutId, rollouts.id));
  return {
    /** `duplicate`: the deployment has an active rollout; nothing was inserted. */
    insert: (
      rollout: Rollout,
      status: Pick<RolloutStatus, 'detail'> & Partial<Pick<RolloutStatus, 'phase' | 'commandSeq'>>,
    ): Promise<Insertion> =>
      joinTransaction(handle, async ({ sql: tx }) => {
        await tx.insert(rollouts).values(inside(rollouts, rollout));
        const inserted = await tx
          .insert(rolloutStatus)
          .values({
            rolloutId: rollout.id,
            deploymentId: rollout.deploymentId,
            phase: status.phase ?? 'planning',
            active: true,
            stepIndex: 0,
            paused: false,
            detail: status.detail,
            commandSeq: status.commandSeq ?? 0,
            version: 1,
            updatedAt: new Date(rollout.createdAt),
          })
          .onConflictDoNothing()
          .returning({ id: rolloutStatus.rolloutId });
        if (inserted.length > 0) return 'inserted';
        await tx.delete(rollouts).where(eq(rollouts.id, rollout.id));
        return 'duplicate';
      }),

    get: async (projectId: ProjectId, id: RolloutId): Promise<RolloutWithStatus | undefined> =>
      first(await withStatus().where(and(eq(rollouts.projectId, projectId), eq(rollouts.id, id)))),

    /** For controllers, whose ids come from our own tables. */
    find: async (id: RolloutId): Promise<RolloutWithStatus | undefined> =>
      first(await withStatus().where(eq(rollouts.id, id))),

    active: async (deploymentId: DeploymentId): Promise<RolloutWithStatus | undefined> =>
      first(
        await withStatus().where(and(eq(rolloutStatus.deploymentId, deploymentId), eq(rolloutStatus.active, true))),
      ),

    /** For controllers' resync. */
    listActive: async (): Promise<readonly RolloutWithStatus[]> =>
      (await withStatus().where(eq(rolloutStatus.active, true)).orderBy(asc(rollouts.id))).map(both),

    /** Newest first. */
    history: async (
      projectId: ProjectId,
      deploymentId: DeploymentId,
      page: { before?: RolloutId | undefined; limit: number },
    ): Promise<readonly RolloutWithStatus[]> => {
      const rows = await withStatus()
        .where(
          and(
            eq(rollouts.projectId, projectId),
            eq(rollouts.deploymentId, deploymentId),
            page.before === undefined ? undefined : lt(rollouts.id, page.before),
          ),
        )
        // Ids are UUIDv7: their order is the order of creation.
        .orderBy(desc(rollouts.id))
        .limit(page.limit);
      return rows.map(both);
    },
  };
}

type Joined = { rollout: typeof rollouts.$inferSelect; status: typeof rolloutStatus.$inferSelect };

function both({ rollout, status }: Joined): RolloutWithStatus {
  return { rollout: outside(rollout), status: outside(status) };
}

function first([row]: readonly Joined[]): RolloutWithStatus | undefined {
  return row === undefined ? undefined : both(row);
}
