import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { identify, isSame, type ProcessIdentity } from './process-identity.ts';

export class StartRefused extends Error {}

const identity = z.object({ pid: z.number(), startedAt: z.string() });
const processesFile = z.record(z.string(), identity);

/** Everything `npm start` keeps. Git ignores it; removing it starts over. */
export class DataFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  /** Makes the folder and takes it for this process; refuses when another one runs on it. A stale lock is healed. */
  claim(): void {
    mkdirSync(this.in('logs'), { recursive: true });
    const holder = this.#read('lock.json', identity);
    if (holder !== undefined && isSame(holder)) {
      throw new StartRefused(
        `Signalbox already runs on ${this.path} (process ${holder.pid}). Stop it first, or use another --data-dir.`,
      );
    }
    const own = identify(process.pid);
    if (own !== undefined) this.write('lock.json', own);
  }

  release(): void {
    rmSync(this.in('lock.json'), { force: true });
  }

  in(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Whole or not at all, readable by its owner only: most of what is kept here is secret. */
  write(name: string, value: unknown): void {
    const file = this.in(name);
    writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    chmodSync(`${file}.new`, 0o600);
    renameSync(`${file}.new`, file);
  }

  read<T>(name: string, schema: z.ZodType<T>): T | undefined {
    return this.#read(name, schema);
  }

  /** Processes that a start left behind, which was killed before it could stop them. */
  leftovers(): readonly [string, ProcessIdentity][] {
    return Object.entries(this.#read('processes.json', processesFile) ?? {}).filter(([, process]) => isSame(process));
  }

  remember(name: string, process: ProcessIdentity): void {
    this.write('processes.json', { ...this.#read('processes.json', processesFile), [name]: process });
  }

  forgetProcesses(): void {
    rmSync(this.in('processes.json'), { force: true });
  }

  #read<T>(name: string, schema: z.ZodType<T>): T | undefined {
    const file = this.in(name);
    if (!existsSync(file)) return undefined;
    try {
      return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
    } catch {
      const aside = `${file}.broken`;
      renameSync(file, aside);
      console.error(`signalbox: ${name} could not be read; it was set aside as ${aside}`);
      return undefined;
    }
  }
}
