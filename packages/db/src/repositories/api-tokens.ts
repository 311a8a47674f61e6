import type { Instant } from '@signalbox/domain';
import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { insertion } from '../outcomes.ts';
import { firstOutside, inside, type Outside, outside } from '../rows.ts';
import { apiTokens } from '../schema/index.ts';

export type ApiToken = Outside<typeof apiTokens.$inferSelect>;
export type NewApiToken = Outside<typeof apiTokens.$inferInsert>;

export function apiTokenRepository({ sql: db }: Handle) {
  return {
    /** Revoked and expired ones too: the caller says which it was. */
    findByHash: async (hash: string): Promise<ApiToken | undefined> =>
      firstOutside(await db.select().from(apiTokens).where(eq(apiTokens.hash, hash))),

    getByName: async (name: string): Promise<ApiToken | undefined> =>
      firstOutside(await db.select().from(apiTokens).where(eq(apiTokens.name, name))),

    list: async (): Promise<readonly ApiToken[]> =>
      (await db.select().from(apiTokens).orderBy(asc(apiTokens.name))).map(outside),

    insert: async (row: NewApiToken) =>
      insertion(
        await db.insert(apiTokens).values(inside(apiTokens, row)).onConflictDoNothing().returning({ id: apiTokens.id }),
      ),

    /** False when there is none, or it was revoked before. */
    revoke: async (id: string, at: Instant): Promise<boolean> => {
      const revoked = await db
        .update(apiTokens)
        .set({ revokedAt: new Date(at) })
        .where(and(eq(apiTokens.id, id), isNull(apiTokens.revokedAt)))
        .returning({ id: apiTokens.id });
      return revoked.length > 0;
    },
  };
}
