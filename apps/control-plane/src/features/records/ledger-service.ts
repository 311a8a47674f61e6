import type { ApiResponse } from '@signalbox/contracts';
import { type Database, type LedgerEntry, type Repositories, repositories } from '@signalbox/db';
import type { ProjectId } from '@signalbox/domain';
import { numberOf, type Page, pageOfRows } from '../../http/index.ts';
import { demandProject } from '../find-project.ts';
import { iso } from '../instants.ts';

type EntryView = ApiResponse<'exportLedger'>;

export interface LedgerQuery {
  project: string;
  installation: boolean;
  subject?: string | undefined;
  kind?: string | undefined;
}

/** One chain of hashes per project, and one for what belongs to none. */
type Chain = { id: ProjectId | null; name: string | null };

const exportBatch = 500;

export class LedgerService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(query: LedgerQuery, page: { limit: number; cursor?: string | undefined }): Promise<Page<EntryView>> {
    const repos = repositories(this.#database);
    const { id } = await chainOf(repos, query);
    const filter = { kind: query.kind, subjectName: query.subject };
    const rows = await repos.ledger.list(id, filter, { before: numberOf(page.cursor), limit: page.limit + 1 });
    const { items, nextCursor } = pageOfRows(rows, page.limit, ({ seq }) => seq);
    return { items: items.map(view), nextCursor };
  }

  async verify(project: string | undefined): Promise<ApiResponse<'verifyLedger'>> {
    const repos = repositories(this.#database);
    const chains: Chain[] =
      project === undefined
        ? [{ id: null, name: null }, ...(await repos.projects.list())]
        : [await demandProject(repos, project)];
    const heads: { project: string | null; entries: number; hash: string }[] = [];
    let broken: ApiResponse<'verifyLedger'>['broken'] = null;
    for (const { id, name } of chains) {
      const found = await repos.ledger.verify(id);
      if (found.kind === 'intact') heads.push({ project: name, entries: found.entries, hash: found.head });
      else broken ??= { project: name, seq: found.seq, message: found.because };
    }
    const checked = heads.reduce((sum, { entries }) => sum + entries, 0);
    return { intact: broken === null, checked, broken, heads };
  }

  /** Oldest first, in batches, so that a long ledger is never held whole. */
  async *export(query: LedgerQuery): AsyncGenerator<EntryView> {
    const repos = repositories(this.#database);
    const { id } = await chainOf(repos, query);
    for (let after = 0; ; ) {
      const batch = await repos.ledger.readAfter(id, after, exportBatch);
      const last = batch.at(-1);
      if (last === undefined) return;
      after = last.seq;
      for (const entry of batch) if (isWanted(entry, query)) yield view(entry);
    }
  }
}

async function chainOf(repos: Repositories, { project, installation }: LedgerQuery): Promise<Chain> {
  return installation ? { id: null, name: null } : demandProject(repos, project);
}

function isWanted({ subjectName, kind }: LedgerEntry, query: LedgerQuery): boolean {
  return (query.subject ?? subjectName) === subjectName && (query.kind ?? kind) === kind;
}

function view(entry: LedgerEntry): EntryView {
  return {
    seq: entry.seq,
    at: iso(entry.at),
    project: entry.project,
    actor: entry.actor,
    kind: entry.kind,
    subject: { kind: entry.subjectKind, name: entry.subjectName, id: entry.subjectId },
    reason: entry.reason,
    evidence: entry.evidence,
    previousHash: entry.previousHash,
    hash: entry.hash,
  };
}
