import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { DataFolder } from './data-folder.ts';
import { identify, stopProcess } from './process-identity.ts';

export interface ProcessPlan {
  name: string;
  program: string;
  env: Readonly<Record<string, string>>;
}

const LONGEST_BACKOFF_MS = 10_000;

/**
 * A part of Signalbox as a process of its own, in a session of its own: a terminal's Ctrl-C reaches only us, and we
 * stop the parts in order. Restarted with backoff when it dies.
 */
export class SupervisedProcess {
  readonly #plan: ProcessPlan;
  readonly #folder: DataFolder;
  readonly #verbose: boolean;
  #child: ChildProcess | undefined;
  #stopping = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(plan: ProcessPlan, folder: DataFolder, verbose: boolean) {
    this.#plan = plan;
    this.#folder = folder;
    this.#verbose = verbose;
  }

  get logFile(): string {
    return this.#folder.in('logs', `${this.#plan.name}.log`);
  }

  /** How often it died since it was started. */
  get failures(): number {
    return this.#failures;
  }

  start(): void {
    const log = this.#verbose ? ('inherit' as const) : openSync(this.logFile, 'a', 0o600);
    const child = spawn(process.execPath, [this.#plan.program], {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...this.#plan.env },
    });
    if (typeof log === 'number') closeSync(log);
    this.#child = child;
    const own = child.pid === undefined ? undefined : identify(child.pid);
    if (own !== undefined) this.#folder.remember(this.#plan.name, own);
    child.once('error', () => this.#died());
    child.once('exit', () => this.#died());
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const pid = this.#child?.pid;
    const running = pid === undefined ? undefined : identify(pid);
    if (running !== undefined) await stopProcess(running, graceMs);
  }

  #died(): void {
    this.#child = undefined;
    if (this.#stopping) return;
    this.#failures += 1;
    const waitMs = Math.min(LONGEST_BACKOFF_MS, 200 * 2 ** this.#failures);
    console.error(`signalbox: ${this.#plan.name} ended; it is started again in ${waitMs} ms (log: ${this.logFile})`);
    this.#timer = setTimeout(() => this.start(), waitMs);
  }
}
