import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderOf, isRunning, type WriterName, writerOf } from './writer-name.ts';

/**
 * One sender per spool: while an old and a new gateway stand side by side, the old one sends for both. Two of them would
 * store nothing twice, but one could merge what the other is sending.
 */
export class SenderLock {
  readonly #path: string;
  readonly #own: string;

  constructor(folder: string, sender: WriterName) {
    this.#path = join(folder, 'sender');
    this.#own = folderOf(sender);
  }

  /** Asked before every round: whoever lost the lock stops. */
  async isOurs(): Promise<boolean> {
    const holder = (await readFile(this.#path, 'utf8').catch(() => '')).trim();
    if (holder === this.#own) return true;
    const other = writerOf(holder);
    if (other !== undefined && isRunning(other)) return false;
    await rm(this.#path, { force: true });
    try {
      await writeFile(this.#path, this.#own, { flag: 'wx', mode: 0o600 });
      return true;
    } catch (error) {
      // A full disk must not keep away who would empty it.
      return (error as NodeJS.ErrnoException).code === 'ENOSPC';
    }
  }

  async release(): Promise<void> {
    if (await this.isOurs()) await rm(this.#path, { force: true });
  }
}
