import { createHash } from 'node:crypto';
import { canonicalJson } from '@signalbox/contracts';
import type { Outside } from '../rows.ts';
import type { ledger } from '../schema/index.ts';

export type LedgerEntry = Outside<typeof ledger.$inferSelect>;
export type HashedPart = Omit<LedgerEntry, 'hash' | 'previousHash'>;

/** What the first entry of a project follows on. */
export const ledgerStart = '0'.repeat(64);

/** SHA-256 over the previous entry's hash and this entry as canonical JSON, hex. */
export function ledgerHash(previousHash: string, entry: HashedPart): string {
  const { seq, projectId, project, at, actor, kind, subjectKind, subjectName, subjectId, reason, evidence } = entry;
  const hashed = { seq, projectId, project, at, actor, kind, subjectKind, subjectName, subjectId, reason, evidence };
  return createHash('sha256')
    .update(previousHash + canonicalJson(hashed))
    .digest('hex');
}

export type ChainBreak = { seq: number; because: string };

/** The first entry that does not follow from the one before it. `previousHash` is the hash before `entries`. */
export function firstBreak(previousHash: string, entries: readonly LedgerEntry[]): ChainBreak | undefined {
  let expected = previousHash;
  for (const entry of entries) {
    if (entry.previousHash !== expected)
      return { seq: entry.seq, because: 'the entry before it is missing or was put in' };
    if (entry.hash !== ledgerHash(expected, entry)) return { seq: entry.seq, because: 'the entry was changed' };
    expected = entry.hash;
  }
  return undefined;
}
