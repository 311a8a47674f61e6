import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReplicaId } from '@signalbox/domain';
import type { Logger } from '@signalbox/runtime';
import { errorCode } from '../error-facts.ts';
import { parseReplicaRecord, parseWorkloadRecord, type ReplicaRecord, type WorkloadRecord } from './records.ts';

/** Something a caller asks of one replica. A file's existence is the request, so that no two writers share a file. */
export type Mark = 'go-first' | 'restart';

export interface Marks {
  goFirst: ReadonlySet<ReplicaId>;
  restart: ReadonlySet<ReplicaId>;
}

export interface StateFolderContent {
  workloads: readonly WorkloadRecord[];
  replicas: readonly ReplicaRecord[];
  /** A record was unreadable. */
  foundCorrupt: boolean;
}

/** The local cluster's truth on disk: one JSON file a workload, one a replica, replaced atomically. */
export class StateFolder {
  readonly path: string;
  readonly #log: Logger;

  constructor(path: string, log: Logger) {
    this.path = path;
    this.#log = log;
  }

  folder(name: 'workloads' | 'replicas' | 'marks' | 'logs'): string {
    return join(this.path, name);
  }

  async create(): Promise<void> {
    for (const name of ['workloads', 'replicas', 'marks', 'logs'] as const) {
      await mkdir(this.folder(name), { recursive: true });
    }
  }

  /** Unreadable records are left out. Only the keeper sets them aside: it also acts on what that means. */
  async read(unreadable: 'leave' | 'set aside' = 'leave'): Promise<StateFolderContent> {
    const workloads = await this.#readAll(this.folder('workloads'), parseWorkloadRecord, unreadable);
    const replicas = await this.#readAll(this.folder('replicas'), parseReplicaRecord, unreadable);
    return {
      workloads: workloads.records,
      replicas: [...replicas.records].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)),
      foundCorrupt: workloads.foundCorrupt || replicas.foundCorrupt,
    };
  }

  async readWorkload(name: string): Promise<WorkloadRecord | null> {
    const found = await this.#readOne(join(this.folder('workloads'), `${name}.json`), parseWorkloadRecord, 'set aside');
    return found === 'corrupt' ? null : found;
  }

  async writeWorkload(record: WorkloadRecord): Promise<void> {
    await writeAtomically(join(this.folder('workloads'), `${record.workload.name}.json`), record);
  }

  async deleteWorkload(name: string): Promise<void> {
    await rm(join(this.folder('workloads'), `${name}.json`), { force: true });
  }

  async writeReplica(record: ReplicaRecord): Promise<void> {
    await writeAtomically(join(this.folder('replicas'), `${record.id}.json`), record);
  }

  async deleteReplica(id: ReplicaId): Promise<void> {
    await rm(join(this.folder('replicas'), `${id}.json`), { force: true });
    for (const mark of ['go-first', 'restart'] as const) await this.unmark(id, mark);
    for (const file of [this.logFile(id), `${this.logFile(id)}.1`]) await rm(file, { force: true });
  }

  logFile(id: ReplicaId): string {
    return join(this.folder('logs'), `${id}.log`);
  }

  async mark(id: ReplicaId, mark: Mark): Promise<void> {
    await writeFile(join(this.folder('marks'), `${id}.${mark}`), '');
  }

  async unmark(id: ReplicaId, mark: Mark): Promise<void> {
    await rm(join(this.folder('marks'), `${id}.${mark}`), { force: true });
  }

  async marks(): Promise<Marks> {
    const names = await readdir(this.folder('marks'));
    const having = (mark: Mark) =>
      new Set(
        names.filter((name) => name.endsWith(`.${mark}`)).map((name) => name.slice(0, -mark.length - 1) as ReplicaId),
      );
    return { goFirst: having('go-first'), restart: having('restart') };
  }

  async #readAll<T>(folder: string, parse: (value: unknown) => T | null, unreadable: 'leave' | 'set aside') {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
    const read = await Promise.all(names.map((name) => this.#readOne(join(folder, name), parse, unreadable)));
    return {
      records: read.filter((record): record is Awaited<T> => record !== null && record !== 'corrupt'),
      foundCorrupt: read.includes('corrupt'),
    };
  }

  async #readOne<T>(
    path: string,
    parse: (value: unknown) => T | null,
    unreadable: 'leave' | 'set aside',
  ): Promise<T | null | 'corrupt'> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      // Deleted between listing and reading: another process finished with it.
      if (isMissing(error)) return null;
      throw error;
    }
    const record = parseJson(text, parse);
    if (record !== null) return record;
    if (unreadable === 'leave') return 'corrupt';
    this.#log.warn('a state file is unreadable and was set aside', { file: path, as: `${path}.corrupt` });
    await rename(path, `${path}.corrupt`).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    return 'corrupt';
  }
}

export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}

function parseJson<T>(text: string, parse: (value: unknown) => T | null): T | null {
  try {
    return parse(JSON.parse(text));
  } catch {
    return null;
  }
}

async function writeAtomically(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.tmp-${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(temporary, path);
}
