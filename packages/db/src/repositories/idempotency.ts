import type { Instant } from '@signalbox/domain';
import { and, eq, isNull, lt, sql } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { idempotencyKeys } from '../schema/index.ts';

export interface IdempotencyKey {
  tokenId: string;
  key: string;
}

/**
 * - `fresh`: this request is the first; carry it out, then `finish`
 * - `running`: the first one has not finished
 * - `finished`: answer the same again
 * - `conflict`: the key was used for another request
 */
export type Beginning =
  | { kind: 'fresh' }
  | { kind: 'running' }
  | { kind: 'finished'; status: number; body: unknown }
  | { kind: 'conflict' };

export function idempotencyRepository({ sql: db }: Handle) {
  const named = ({ tokenId, key }: IdempotencyKey) =>
    and(eq(idempotencyKeys.tokenId, tokenId), eq(idempotencyKeys.key, key));
  return {
    /** A first request that is older than `abandonedBefore` and never finished died; the next one takes over. */
    begin: async (
      id: IdempotencyKey,
      request: { hash: string; at: Instant; abandonedBefore: Instant },
    ): Promise<Beginning> => {
      const taken = await db
        .insert(idempotencyKeys)
        .values({ ...id, requestHash: request.hash, createdAt: new Date(request.at) })
        .onConflictDoUpdate({
          target: [idempotencyKeys.tokenId, idempotencyKeys.key],
          set: { requestHash: sql`excluded.request_hash`, createdAt: sql`excluded.created_at` },
          setWhere: sql`${isNull(idempotencyKeys.status)} and ${lt(idempotencyKeys.createdAt, new Date(request.abandonedBefore))}`,
        })
        .returning({ key: idempotencyKeys.key });
      if (taken.length > 0) return { kind: 'fresh' };
      const [first] = await db.select().from(idempotencyKeys).where(named(id));
      // Released in between: as good as running, the caller comes again.
      if (first === undefined) return { kind: 'running' };
      if (first.requestHash !== request.hash) return { kind: 'conflict' };
      return first.status === null ? { kind: 'running' } : { kind: 'finished', status: first.status, body: first.body };
    },

    finish: async (id: IdempotencyKey, answer: { status: number; body: unknown }): Promise<void> => {
      await db.update(idempotencyKeys).set(answer).where(named(id));
    },

    /** The request came to nothing (an error of ours): sending it again carries it out. */
    release: async (id: IdempotencyKey): Promise<void> => {
      await db.delete(idempotencyKeys).where(and(named(id), isNull(idempotencyKeys.status)));
    },

    /** Forgets keys from before; returns how many. */
    expire: async (before: Instant): Promise<number> => {
      const { rowCount } = await db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, new Date(before)));
      return rowCount ?? 0;
    },
  };
}
