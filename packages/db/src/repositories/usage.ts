import type { Instant, UsageRecord } from '@signalbox/domain';
import { and, asc, eq, getTableColumns, sql } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { type Outside, outside } from '../rows.ts';
import { consumerKeys, revisions, usageRecords } from '../schema/index.ts';

/** One request's usage as it is stored, with what only the control plane knows of it. */
export type RequestUsage = Outside<typeof usageRecords.$inferSelect> & { keyName: string | null; image: string | null };

const columns = Object.values(getTableColumns(usageRecords));
const names = sql.join(
  columns.map((column) => sql.identifier(column.name)),
  sql`, `,
);
const typedNames = sql.join(
  columns.map((column) => sql`${sql.identifier(column.name)} ${sql.raw(column.getSQLType())}`),
  sql`, `,
);

export function usageRepository({ sql: db }: Handle) {
  return {
    /**
     * Stores the records whose ids are new and adds those, and no others, to the sums by hour: one statement, so both or
     * neither. Rows are met in one order by all, so that two batches never wait for each other in a circle.
     */
    add: async (records: readonly UsageRecord[], receivedAt: Instant): Promise<{ stored: number }> => {
      const rows = JSON.stringify(records.map((record) => rowOf(record, receivedAt)));
      const { rows: counted } = await db.execute<{ stored: number }>(sql`
        with fresh as (
          insert into usage_records (${names})
          select ${names} from jsonb_to_recordset(${rows}::jsonb) as given (${typedNames})
          order by id
          on conflict (id) do nothing
          returning *
        ),
        summed as (
          insert into usage_hours as known (
            hour, project, key_id, route_id, route, revision_id, model, version, requests, failed, cancelled, refused,
            estimated, attempts, input_tokens, cached_tokens, output_tokens, reasoning_tokens, duration_ms, bytes_in,
            bytes_out)
          select
            date_trunc('hour', started_at, 'UTC') as hour, project, key_id, route_id, route, revision_id,
            min(model), min(version), sum(requests),
            coalesce(sum(requests) filter (where outcome in ('error', 'unserved')), 0),
            coalesce(sum(requests) filter (where outcome = 'cancelled'), 0),
            coalesce(sum(requests) filter (where outcome = 'refused'), 0),
            coalesce(sum(requests) filter (where exactness in ('estimated', 'partial')), 0),
            sum(attempts), sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(reasoning_tokens),
            sum(duration_ms), sum(bytes_in), sum(bytes_out)
          from fresh
          group by 1, 2, 3, 4, 5, 6
          order by 1, 2, 3, 4, 5, 6
          on conflict (project, hour, key_id, route_id, route, revision_id) do update set
            requests = known.requests + excluded.requests,
            failed = known.failed + excluded.failed,
            cancelled = known.cancelled + excluded.cancelled,
            refused = known.refused + excluded.refused,
            estimated = known.estimated + excluded.estimated,
            attempts = known.attempts + excluded.attempts,
            input_tokens = known.input_tokens + excluded.input_tokens,
            cached_tokens = known.cached_tokens + excluded.cached_tokens,
            output_tokens = known.output_tokens + excluded.output_tokens,
            reasoning_tokens = known.reasoning_tokens + excluded.reasoning_tokens,
            duration_ms = known.duration_ms + excluded.duration_ms,
            bytes_in = known.bytes_in + excluded.bytes_in,
            bytes_out = known.bytes_out + excluded.bytes_out
        )
        select count(*)::int as stored from fresh`);
      return { stored: counted[0]?.stored ?? 0 };
    },

    /** Oldest first. Several where a caller used its request id again. */
    ofRequest: async (project: string, requestId: string, limit: number): Promise<readonly RequestUsage[]> => {
      const rows = await db
        .select({
          ...getTableColumns(usageRecords),
          keyName: consumerKeys.name,
          image: sql<string | null>`${revisions.workload}->>'image'`,
        })
        .from(usageRecords)
        .leftJoin(consumerKeys, sql`${consumerKeys.id}::text = ${usageRecords.keyId}`)
        .leftJoin(revisions, sql`${revisions.id}::text = ${usageRecords.revisionId}`)
        .where(and(eq(usageRecords.project, project), eq(usageRecords.requestId, requestId)))
        .orderBy(asc(usageRecords.startedAt), asc(usageRecords.id))
        .limit(limit);
      return rows.map(outside);
    },

    /** Removes at most `limit` of what came before; returns how many. The sums by hour stay. */
    prune: async (before: Instant, limit: number): Promise<number> => {
      const { rowCount } = await db.execute(sql`
        delete from usage_records where id in (
          select id from usage_records where received_at < ${new Date(before)}::timestamptz limit ${limit})`);
      return rowCount ?? 0;
    },
  };
}

/** By the names of the columns. */
function rowOf({ tokens, startedAt, requests, ...rest }: UsageRecord, receivedAt: Instant): Record<string, unknown> {
  const values: Record<string, unknown> = {
    ...rest,
    startedAt: new Date(startedAt).toISOString(),
    receivedAt: new Date(receivedAt).toISOString(),
    inputTokens: tokens.input,
    cachedTokens: tokens.cached,
    outputTokens: tokens.output,
    reasoningTokens: tokens.reasoning,
    requests: requests ?? 1,
  };
  return Object.fromEntries(
    Object.entries(getTableColumns(usageRecords)).map(([name, column]) => [column.name, values[name]]),
  );
}
