import type { Instant, ProjectId } from '@signalbox/domain';
import { and, asc, desc, eq, gt, gte, isNull, lt, sql } from 'drizzle-orm';
import { type Handle, joinTransaction } from '../database.ts';
import { inside, outside } from '../rows.ts';
import { ledger } from '../schema/index.ts';
import { firstBreak, type LedgerEntry, ledgerHash, ledgerStart } from './ledger-hash.ts';
import type { SequencePage } from './page.ts';

export type NewLedgerEntry = Omit<LedgerEntry, 'seq' | 'hash' | 'previousHash'>;

export interface LedgerFilter {
  kind?: string | undefined;
  actor?: string | undefined;
  subjectKind?: string | undefined;
  subjectName?: string | undefined;
  subjectId?: string | undefined;
  since?: Instant | undefined;
  until?: Instant | undefined;
}

/** `head` is the newest hash: kept elsewhere, it shows that no entry was cut off at the end. */
export type LedgerVerification =
  | { kind: 'intact'; entries: number; head: string }
  | { kind: 'broken'; seq: number; because: string };

const verifyBatch = 1_000;

export function ledgerRepository(handle: Handle) {
  const { sql: db } = handle;
  return {
    /**
     * Chained to the project's newest entry (null: the installation's own chain). Others who append to the same
     * chain wait for the transaction's end: make this one of its last statements.
     */
    append: (entry: NewLedgerEntry): Promise<LedgerEntry> =>
      joinTransaction(handle, async ({ sql: tx }) => {
        await tx.execute(sql`select pg_advisory_xact_lock(hashtext('ledger'), hashtext(${entry.projectId ?? ''}))`);
        // Only a statement of its own sees what was committed while this one waited.
        const { rows } = await tx.execute<{ seq: string; head: string | null }>(sql`
          select nextval(pg_get_serial_sequence('ledger', 'seq')) as seq,
            (select hash from ledger where project_id is not distinct from ${entry.projectId}::uuid
             order by seq desc limit 1) as head`);
        const previousHash = rows[0]?.head ?? ledgerStart;
        const numbered = { ...asStored(entry), seq: Number(rows[0]?.seq) };
        const row = { ...numbered, previousHash, hash: ledgerHash(previousHash, numbered) };
        await tx.insert(ledger).values(inside(ledger, row));
        return row;
      }),

    /** Newest first. */
    list: async (
      projectId: ProjectId | null,
      filter: LedgerFilter,
      page: SequencePage,
    ): Promise<readonly LedgerEntry[]> => {
      const rows = await db
        .select()
        .from(ledger)
        .where(
          and(inChain(projectId), matches(filter), page.before === undefined ? undefined : lt(ledger.seq, page.before)),
        )
        .orderBy(desc(ledger.seq))
        .limit(page.limit);
      return rows.map(outside);
    },

    /** In order, for export. */
    readAfter: async (projectId: ProjectId | null, seq: number, limit: number): Promise<readonly LedgerEntry[]> =>
      entriesAfter(handle, projectId, seq, limit),

    /** Walks the chain from its first entry. */
    verify: async (projectId: ProjectId | null): Promise<LedgerVerification> => {
      let head = ledgerStart;
      let entries = 0;
      for (let after = 0; ; ) {
        const batch = await entriesAfter(handle, projectId, after, verifyBatch);
        const broken = firstBreak(head, batch);
        if (broken !== undefined) return { kind: 'broken', ...broken };
        const last = batch.at(-1);
        if (last === undefined) return { kind: 'intact', entries, head };
        entries += batch.length;
        head = last.hash;
        after = last.seq;
      }
    },
  };
}

async function entriesAfter(
  { sql: db }: Handle,
  projectId: ProjectId | null,
  seq: number,
  limit: number,
): Promise<readonly LedgerEntry[]> {
  const rows = await db
    .select()
    .from(ledger)
    .where(and(inChain(projectId), gt(ledger.seq, seq)))
    .orderBy(asc(ledger.seq))
    .limit(limit);
  return rows.map(outside);
}

function inChain(projectId: ProjectId | null) {
  return projectId === null ? isNull(ledger.projectId) : eq(ledger.projectId, projectId);
}

function matches(filter: LedgerFilter) {
  const same = (['kind', 'actor', 'subjectKind', 'subjectName', 'subjectId'] as const).map((column) =>
    filter[column] === undefined ? undefined : eq(ledger[column], filter[column]),
  );
  return and(
    ...same,
    filter.since === undefined ? undefined : gte(ledger.at, new Date(filter.since)),
    filter.until === undefined ? undefined : lt(ledger.at, new Date(filter.until)),
  );
}

/** The evidence as it comes back from jsonb, since that is what verification will hash. */
function asStored(entry: NewLedgerEntry): NewLedgerEntry {
  return { ...entry, evidence: JSON.parse(JSON.stringify(entry.evidence)) as LedgerEntry['evidence'] };
}
