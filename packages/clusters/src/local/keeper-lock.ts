import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../error-facts.ts';
import { isAlive, type ProcessTable } from './process-table.ts';
import type { ProcessIdentity } from './records.ts';
import { isMissing } from './state-folder.ts';

interface Holder extends ProcessIdentity {
  /** One process may hold several adapters; only one of them keeps. */
  instance: string;
}

/**
 * Lets one adapter at a time keep the replicas of a state folder. The lock is a numbered file; the highest number
 * whose holder lives has it. Taking over from a dead holder means to create the next number, which only one can:
 * deleting and creating one single file would let two that both saw the dead holder delete each other's lock.
 */
export class KeeperLock {
  readonly #folder: string;
  readonly #instance: string;
  readonly #processes: ProcessTable;
  #held: number | null = null;

  constructor(folder: string, instance: string, processes: ProcessTable) {
    this.#folder = folder;
    this.#instance = instance;
    this.#processes = processes;
  }

  /** True when this adapter has the lock, newly or still. Asked again before every pass: files can be deleted. */
  async tryHold(): Promise<boolean> {
    const numbers = await this.#numbers();
    const highest = numbers.at(-1);
    if (highest !== undefined) {
      const holder = await this.#read(highest);
      if (holder?.instance === this.#instance) return true;
      if (holder !== null && (await isAlive(this.#processes, holder))) {
        this.#held = null;
        return false;
      }
    }
    return this.#take((highest ?? 0) + 1);
  }

  async release(): Promise<void> {
    if (this.#held === null) return;
    await rm(this.#path(this.#held), { force: true });
    this.#held = null;
  }

  async #take(number: number): Promise<boolean> {
    const own = (await this.#processes.identify([process.pid])).get(process.pid);
    if (own === undefined) return false;
    const draft = join(this.#folder, `.keeper-${this.#instance}`);
    await writeFile(draft, JSON.stringify({ ...own, instance: this.#instance } satisfies Holder));
    try {
      // A link appears with its content: nobody can read a lock that is not written yet.
      await link(draft, this.#path(number));
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
    this.#held = number;
    const numbers = await this.#numbers();
    if (numbers.at(-1) !== number) {
      // Others went through this number and beyond while we looked away.
      await this.release();
      return false;
    }
    for (const older of numbers.slice(0, -1)) await rm(this.#path(older), { force: true });
    return true;
  }

  async #numbers(): Promise<readonly number[]> {
    const names = await readdir(this.#folder);
    return names
      .flatMap((name) => name.match(/^keeper\.(\d+)\.lock$/)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  async #read(number: number): Promise<Holder | null> {
    try {
      return parseHolder(await readFile(this.#path(number), 'utf8'));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  #path(number: number): string {
    return join(this.#folder, `keeper.${number}.lock`);
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text);
    return isHolder(value) ? value : null;
  } catch {
    return null;
  }
}

function isHolder(value: unknown): value is Holder {
  const holder = value as Partial<Holder> | null;
  return typeof holder?.pid === 'number' && typeof holder.startTime === 'string' && typeof holder.instance === 'string';
}
