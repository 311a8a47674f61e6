import type { Instant } from '@signalbox/domain';
import { type SQL, sql } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { translated } from '../errors.ts';

export const usageGroups = ['key', 'project', 'route', 'version', 'hour'] as const;
export type UsageGroup = (typeof usageGroups)[number];

export interface UsageSumsQuery {
  /** Of all projects when undefined. */
  project: string | undefined;
  /** Whole hours; the range is half-open. */
  from: Instant;
  to: Instant;
  groupBy: readonly UsageGroup[];
  /** The names of the last group of the page before. */
  after: readonly string[] | undefined;
  limit: number;
}

export interface UsageSum {
  /** What orders the list and names the group. */
  names: readonly string[];
  key: { id: string; name: string | null } | null;
  project: string | null;
  route: string | null;
  version: { model: string; version: string } | null;
  hour: string | null;
  requests: number;
  failed: number;
  cancelled: number;
  refused: number;
  estimated: number;
  attempts: number;
  tokens: { input: number; cached: number; output: number; reasoning: number };
  durationMs: number;
  bytesIn: number;
  bytesOut: number;
}

/** Text of each group; empty for requests that had none. A tab can stand in no name. */
const expressions: Record<UsageGroup, SQL> = {
  key: sql`coalesce(h.key_id, '')`,
  project: sql`h.project`,
  route: sql`h.route`,
  version: sql`coalesce(h.model || chr(9) || h.version, '')`,
  hour: sql`to_char(h.hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`,
};

const sums = [
  'requests',
  'failed',
  'cancelled',
  'refused',
  'estimated',
  'attempts',
  'input_tokens',
  'cached_tokens',
  'output_tokens',
  'reasoning_tokens',
  'duration_ms',
  'bytes_in',
  'bytes_out',
] as const;

/** In order of the groups' names. Sums come as text: they may be larger than the driver's numbers. */
export async function usageSums({ sql: db }: Handle, query: UsageSumsQuery): Promise<readonly UsageSum[]> {
  const { project, from, to, groupBy, after, limit } = query;
  const groups = groupBy.map((group, index) => sql`${expressions[group]} as ${sql.identifier(`g${index}`)}`);
  const summed = sums.map((name) => sql`sum(h.${sql.identifier(name)})::text as ${sql.identifier(name)}`);
  const places = sql.join(
    groupBy.map((_, index) => sql.raw(String(index + 1))),
    sql`, `,
  );
  const { rows } = await db
    .execute<Record<string, string>>(sql`
      select ${sql.join([...groups, ...summed], sql`, `)}
      from usage_hours h
      where h.hour >= ${new Date(from)}::timestamptz and h.hour < ${new Date(to)}::timestamptz
        ${project === undefined ? sql`` : sql`and h.project = ${project}`}
        ${after === undefined || groupBy.length === 0 ? sql`` : isAfter(groupBy, after)}
      ${groupBy.length === 0 ? sql`having count(*) > 0` : sql`group by ${places} order by ${places}`}
      limit ${limit}`)
    .catch((error: unknown) => Promise.reject(translated(error)));
  const named = await keyNames(
    { sql: db },
    rows.map((row) => nameIn(row, groupBy, 'key')),
  );
  return rows.map((row) => toSum(row, groupBy, named));
}

function isAfter(groupBy: readonly UsageGroup[], after: readonly string[]): SQL {
  const left = sql.join(
    groupBy.map((group) => expressions[group]),
    sql`, `,
  );
  const right = sql.join(
    after.map((name) => sql`${name}::text`),
    sql`, `,
  );
  return sql`and (${left}) > (${right})`;
}

function nameIn(row: Record<string, string>, groupBy: readonly UsageGroup[], group: UsageGroup): string {
  return row[`g${groupBy.indexOf(group)}`] ?? '';
}

async function keyNames(
  { sql: db }: Pick<Handle, 'sql'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(ids)].filter((id) => id !== '');
  if (wanted.length === 0) return new Map();
  const { rows } = await db
    .execute<{ id: string; name: string }>(
      sql`select id::text, name from consumer_keys where id::text = any(${sql.param(wanted)}::text[])`,
    )
    .catch((error: unknown) => Promise.reject(translated(error)));
  return new Map(rows.map(({ id, name }) => [id, name]));
}

function toSum(
  row: Record<string, string>,
  groupBy: readonly UsageGroup[],
  named: ReadonlyMap<string, string>,
): UsageSum {
  const name = (group: UsageGroup): string | null => nameIn(row, groupBy, group) || null;
  const of = (column: (typeof sums)[number]): number => Number(row[column] ?? 0);
  const [key, version] = [name('key'), name('version')?.split('\t')];
  return {
    names: groupBy.map((_, index) => row[`g${index}`] ?? ''),
    key: key === null ? null : { id: key, name: named.get(key) ?? null },
    project: name('project'),
    route: name('route'),
    version: version === undefined ? null : { model: version[0] ?? '', version: version[1] ?? '' },
    hour: name('hour'),
    requests: of('requests'),
    failed: of('failed'),
    cancelled: of('cancelled'),
    refused: of('refused'),
    estimated: of('estimated'),
    attempts: of('attempts'),
    tokens: {
      input: of('input_tokens'),
      cached: of('cached_tokens'),
      output: of('output_tokens'),
      reasoning: of('reasoning_tokens'),
    },
    durationMs: of('duration_ms'),
    bytesIn: of('bytes_in'),
    bytesOut: of('bytes_out'),
  };
}
