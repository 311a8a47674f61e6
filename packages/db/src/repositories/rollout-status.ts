import { type Instant, isActive, type RolloutId, type RolloutPhase, type RolloutStatusDetail } from '@signalbox/domain';
import { and, eq, sql } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { rolloutStatus } from '../schema/index.ts';

export interface RolloutProgress {
  expectedVersion: number;
  phase: RolloutPhase;
  stepIndex: number;
  paused: boolean;
  detail: RolloutStatusDetail;
  commandSeq: number;
  at: Instant;
}

/** For the rollouts controller, and for whoever ends a rollout by rolling back or superseding it. */
export function rolloutStatusRepository({ sql: db }: Handle) {
  return {
    /** False when someone else saved since. The rollout stops being active with its last phase. */
    save: async (id: RolloutId, progress: RolloutProgress): Promise<boolean> => {
      const { expectedVersion, at, ...columns } = progress;
      const active = isActive(progress.phase);
      const saved = await db
        .update(rolloutStatus)
        .set({
          ...columns,
          active,
          version: expectedVersion + 1,
          updatedAt: new Date(at),
          finishedAt: active ? null : sql`coalesce(${rolloutStatus.finishedAt}, ${new Date(at)}::timestamptz)`,
        })
        .where(and(eq(rolloutStatus.rolloutId, id), eq(rolloutStatus.version, expectedVersion)))
        .returning({ id: rolloutStatus.rolloutId });
      return saved.length > 0;
    },
  };
}
