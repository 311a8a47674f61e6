import type { GatewayId, GatewayReport, Instant, LimitUses } from '@signalbox/domain';
import { and, asc, eq, gte, isNotNull, sql } from 'drizzle-orm';
import { type Handle, joinTransaction } from '../database.ts';
import { excluded, firstOutside, type Outside, outside } from '../rows.ts';
import { gateways } from '../schema/index.ts';

export type Gateway = Outside<typeof gateways.$inferSelect>;

/** `stale`: a newer report came first, over another API process. Its counters must not be added. */
export type ReportOutcome =
  | { kind: 'stored'; previous: GatewayReport | undefined; limitUses: LimitUses | null }
  | { kind: 'stale' };

export interface SharingRow {
  id: GatewayId;
  uses: LimitUses;
  accepting: boolean;
  lastSeenAt: Instant;
}

export function gatewayRepository(handle: Handle) {
  const { sql: db } = handle;
  return {
    /**
     * Stores the report and returns the one it replaces. The gateway stays locked until the transaction ends: add
     * the difference of both to `revisionStats` in the same one, and nothing is counted twice or left out.
     */
    upsertReport: (report: GatewayReport, now: Instant): Promise<ReportOutcome> =>
      joinTransaction(handle, async ({ sql: tx }) => {
        // Not a row lock: there is no row to lock when two API processes receive the first reports.
        await tx.execute(sql`select pg_advisory_xact_lock(hashtext('gateway'), hashtext(${report.gatewayId}))`);
        const id = report.gatewayId as GatewayId;
        const [known] = await tx
          .select({ report: gateways.report, limitUses: gateways.limitUses })
          .from(gateways)
          .where(eq(gateways.id, id));
        if (known !== undefined && isOlder(report, known.report)) return { kind: 'stale' };
        await tx
          .insert(gateways)
          .values({
            id,
            bootId: report.bootId,
            firstSeenAt: new Date(now),
            lastSeenAt: new Date(now),
            accepting: report.accepting,
            appliedEpoch: report.applied.epoch,
            appliedNumber: report.applied.number,
            appliedHash: report.applied.hash,
            report,
          })
          .onConflictDoUpdate({
            target: gateways.id,
            set: excluded(gateways, [
              'bootId',
              'lastSeenAt',
              'accepting',
              'appliedEpoch',
              'appliedNumber',
              'appliedHash',
              'report',
            ]),
          });
        return { kind: 'stored', previous: known?.report, limitUses: known?.limitUses ?? null };
      }),

    /** In the transaction of the report they come from. Null: this gateway takes no part in sharing. */
    saveLimitUses: async (id: GatewayId, limitUses: LimitUses | null): Promise<void> => {
      await db.update(gateways).set({ limitUses }).where(eq(gateways.id, id));
    },

    /**
     * Of gateways that take part in sharing and were heard from at or after `since`. Until the transaction ends no
     * other one gets them: parts are given out one after the other.
     */
    lockLimitUses: async (since: Instant): Promise<readonly SharingRow[]> => {
      await db.execute(sql`select pg_advisory_xact_lock(hashtext('gateway'), hashtext('limit uses'))`);
      const rows = await db
        .select({
          id: gateways.id,
          uses: gateways.limitUses,
          accepting: gateways.accepting,
          lastSeenAt: gateways.lastSeenAt,
        })
        .from(gateways)
        .where(and(gte(gateways.lastSeenAt, new Date(since)), isNotNull(gateways.limitUses)))
        .orderBy(asc(gateways.id));
      return rows.map(outside).flatMap(({ uses, ...row }) => (uses === null ? [] : [{ ...row, uses }]));
    },

    get: async (id: GatewayId): Promise<Gateway | undefined> =>
      firstOutside(await db.select().from(gateways).where(eq(gateways.id, id))),

    list: async (): Promise<readonly Gateway[]> =>
      (await db.select().from(gateways).orderBy(asc(gateways.id))).map(outside),

    /** Heard from at or after `since`. */
    listLive: async (since: Instant): Promise<readonly Gateway[]> =>
      (
        await db
          .select()
          .from(gateways)
          .where(gte(gateways.lastSeenAt, new Date(since)))
          .orderBy(asc(gateways.id))
      ).map(outside),
  };
}

/** Both times are of the gateway's own clock. */
function isOlder(report: GatewayReport, known: GatewayReport): boolean {
  return report.bootId === known.bootId ? report.sentAt < known.sentAt : report.startedAt < known.startedAt;
}
