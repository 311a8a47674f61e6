import type { Instant, ProjectId } from '@signalbox/domain';
import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { insertion } from '../outcomes.ts';
import { firstOutside, inside, type Outside, outside } from '../rows.ts';
import { consumerKeys } from '../schema/index.ts';

export type ConsumerKey = Outside<typeof consumerKeys.$inferSelect>;
export type NewConsumerKey = Outside<typeof consumerKeys.$inferInsert>;

/** Whoever inserts or revokes also bumps the snapshot: gateways know keys from there only. */
export function consumerKeyRepository({ sql: db }: Handle) {
  return {
    get: async (projectId: ProjectId, id: string): Promise<ConsumerKey | undefined> =>
      firstOutside(
        await db
          .select()
          .from(consumerKeys)
          .where(and(eq(consumerKeys.projectId, projectId), eq(consumerKeys.id, id))),
      ),

    /** Revoked ones too. In order of name, then age: a name may be used again. */
    list: async (projectId: ProjectId): Promise<readonly ConsumerKey[]> => {
      const rows = await db
        .select()
        .from(consumerKeys)
        .where(eq(consumerKeys.projectId, projectId))
        .orderBy(asc(consumerKeys.name), asc(consumerKeys.createdAt), asc(consumerKeys.id));
      return rows.map(outside);
    },

    insert: async (row: NewConsumerKey) =>
      insertion(
        await db
          .insert(consumerKeys)
          .values(inside(consumerKeys, row))
          .onConflictDoNothing()
          .returning({ id: consumerKeys.id }),
      ),

    /** False when the project has none such, or it was revoked before. */
    revoke: async (projectId: ProjectId, id: string, at: Instant): Promise<boolean> => {
      const revoked = await db
        .update(consumerKeys)
        .set({ revokedAt: new Date(at) })
        .where(and(eq(consumerKeys.projectId, projectId), eq(consumerKeys.id, id), isNull(consumerKeys.revokedAt)))
        .returning({ id: consumerKeys.id });
      return revoked.length > 0;
    },
  };
}
