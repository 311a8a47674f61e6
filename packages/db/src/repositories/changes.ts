import type { Instant, ProjectId } from '@signalbox/domain';
import { and, asc, desc, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { type Outside, outside } from '../rows.ts';
import { changes } from '../schema/index.ts';

/** Payload: the sequence number. */
export const changesChannel = 'signalbox_changes';

export type Change = Outside<typeof changes.$inferSelect>;
export type NewChange = Omit<Change, 'seq' | 'createdAt'> & { at: Instant };

/** Numbers must become visible in order, or a reader that has seen 10 would miss a 9 that commits later. */
const orderLock = 7_469_205_114;

export function changeRepository({ sql: db }: Handle) {
  return {
    /**
     * Takes the next number and tells listeners when the transaction commits. Others who append wait for that
     * commit: make this one of the transaction's last statements.
     */
    append: async (change: NewChange): Promise<number> => {
      const { projectId, kind, objectId, name, change: what, message, at } = change;
      const { rows } = await db.execute<{ seq: string }>(sql`
        with ordered as (select pg_advisory_xact_lock(${orderLock}) as held),
        appended as (
          insert into changes (project_id, kind, object_id, name, change, message, created_at)
          select ${projectId}::uuid, ${kind}, ${objectId}, ${name}, ${what}, ${message}::text, ${new Date(at)}::timestamptz
          from ordered
          returning seq
        )
        select seq, pg_notify(${changesChannel}, seq::text) from appended`);
      return Number(rows[0]?.seq);
    },

    /** In order. Without a project: all of them. */
    readAfter: async (seq: number, limit: number, projectId?: ProjectId): Promise<readonly Change[]> => {
      const rows = await db
        .select()
        .from(changes)
        .where(and(gt(changes.seq, seq), projectId === undefined ? undefined : eq(changes.projectId, projectId)))
        .orderBy(asc(changes.seq))
        .limit(limit);
      return rows.map(outside);
    },

    /** Newest first. */
    recentOf: async (objectIds: readonly string[], limit: number): Promise<readonly Change[]> => {
      const rows = await db
        .select()
        .from(changes)
        .where(inArray(changes.objectId, [...objectIds]))
        .orderBy(desc(changes.seq))
        .limit(limit);
      return rows.map(outside);
    },

    /** 0 when there is none: where a new reader starts. */
    latestSeq: async (): Promise<number> => {
      const [row] = await db.select({ seq: changes.seq }).from(changes).orderBy(desc(changes.seq)).limit(1);
      return row?.seq ?? 0;
    },

    /** Returns how many were removed. The newest stays, so that numbers are never told anew. */
    prune: async (before: Instant): Promise<number> => {
      const { rowCount } = await db
        .delete(changes)
        .where(and(lt(changes.createdAt, new Date(before)), sql`${changes.seq} < (select max(seq) from changes)`));
      return rowCount ?? 0;
    },
  };
}
