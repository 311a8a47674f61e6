import type { Instant, RolloutId } from '@signalbox/domain';
import { and, asc, eq, gt } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { type Outside, outside } from '../rows.ts';
import { rolloutCommands } from '../schema/index.ts';

export type RolloutCommand = Outside<typeof rolloutCommands.$inferSelect>;

export interface NewRolloutCommand {
  rolloutId: RolloutId;
  kind: RolloutCommand['kind'];
  actor: string;
  reason: string | null;
  at: Instant;
}

export function rolloutCommandRepository({ sql: db }: Handle) {
  return {
    append: async ({ at, ...command }: NewRolloutCommand): Promise<number> => {
      const [appended] = await db
        .insert(rolloutCommands)
        .values({ ...command, createdAt: new Date(at) })
        .returning({ seq: rolloutCommands.seq });
      return appended?.seq ?? 0;
    },

    /** In the order in which they were given. */
    pendingAfter: async (rolloutId: RolloutId, seq: number): Promise<readonly RolloutCommand[]> => {
      const rows = await db
        .select()
        .from(rolloutCommands)
        .where(and(eq(rolloutCommands.rolloutId, rolloutId), gt(rolloutCommands.seq, seq)))
        .orderBy(asc(rolloutCommands.seq));
      return rows.map(outside);
    },
  };
}
