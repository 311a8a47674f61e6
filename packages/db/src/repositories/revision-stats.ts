import type { Instant, RevisionCounts, RevisionId } from '@signalbox/domain';
import { inArray, sql } from 'drizzle-orm';
import type { Handle } from '../database.ts';
import { type Outside, outside } from '../rows.ts';
import { revisionStats } from '../schema/index.ts';
import { addedByRevision } from './revision-counts.ts';

export type RevisionStats = Outside<typeof revisionStats.$inferSelect>;

export interface CountsDelta {
  revisionId: string;
  counts: RevisionCounts;
}

const summed = (field: string) => sql`
  ${field}::text, (known.counts->>${field})::bigint + (excluded.counts->>${field})::bigint`;

export function revisionStatsRepository({ sql: db }: Handle) {
  return {
    /** Adds to the totals in one statement, so that no concurrent addition is lost. Revisions that are gone are left out. */
    add: async (deltas: readonly CountsDelta[], at: Instant): Promise<void> => {
      const added = addedByRevision(deltas);
      if (added.length === 0) return;
      // In order of id: two reports with the same revisions then never wait for each other in a circle.
      await db.execute(sql`
        insert into revision_stats as known (revision_id, counts, updated_at)
        select delta.id, delta.counts, ${new Date(at)}::timestamptz
        from jsonb_to_recordset(${JSON.stringify(added)}::jsonb) as delta (id uuid, counts jsonb)
        join revisions on revisions.id = delta.id
        order by delta.id
        on conflict (revision_id) do update set
          updated_at = excluded.updated_at,
          counts = jsonb_build_object(
            ${summed('requests')}, ${summed('errors')}, ${summed('rescued')}, ${summed('cancelled')},
            'ttftCounts', (
              select coalesce(jsonb_agg(coalesce(old.count::bigint, 0) + coalesce(new.count::bigint, 0) order by place), '[]')
              from jsonb_array_elements_text(known.counts->'ttftCounts') with ordinality as old (count, place)
              full join jsonb_array_elements_text(excluded.counts->'ttftCounts') with ordinality as new (count, place)
                using (place)
            ))`);
    },

    getMany: async (revisionIds: readonly RevisionId[]): Promise<readonly RevisionStats[]> =>
      revisionIds.length === 0
        ? []
        : (
            await db
              .select()
              .from(revisionStats)
              .where(inArray(revisionStats.revisionId, [...revisionIds]))
          ).map(outside),
  };
}
