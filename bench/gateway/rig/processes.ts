import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { type Core, confined } from './cores.ts';

export interface Running {
  pid: number;
  /** Of stdout, where that was asked for. */
  firstLine: Promise<string>;
  hasEnded(): boolean;
  /** What it complained of last. */
  complaints(): string;
  stop(): Promise<void>;
  /** With -9; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface Command {
  name: string;
  command: readonly string[];
  core: Core;
  /** Gets stderr, and the last lines of it are shown when the program can't be used. */
  logFile: string;
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** nginx tells its worker to leave only when asked politely. */
  endedBy?: 'KILL' | 'TERM';
  readsFirstLine?: boolean;
}

const running = new Set<ChildProcess>();

/** Starts a program in a process group of its own, on its core. Stdout goes nowhere but for the first line. */
export function startProcess(wanted: Command): Running {
  const { name, command, core, logFile, env, cwd, endedBy = 'KILL', readsFirstLine = false } = wanted;
  const log = openSync(logFile, 'a');
  const [program = '', ...args] = [...confined(core, endedBy), ...command];
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', readsFirstLine ? 'pipe' : 'ignore', log],
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`${name} could not be started: is ${program} installed?`);
  running.add(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void ended.then(() => running.delete(child));
  const complaints = (): string => readFileSync(logFile, 'utf8').split('\n').slice(-12).join('\n').trim();
  return {
    pid: child.pid,
    firstLine: new Promise((resolve, reject) => {
      if (!readsFirstLine) return resolve('');
      child.stdout?.once('data', (data: Buffer) => resolve(data.toString()));
      void ended.then(() => reject(new Error(`${name} ended at once: ${complaints()}`)));
    }),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    complaints,
    stop: async () => {
      killGroup(child, endedBy === 'TERM' ? 'SIGTERM' : 'SIGKILL');
      await ended;
      killGroup(child, 'SIGKILL');
    },
    kill: async () => {
      killGroup(child, 'SIGKILL');
      await ended;
    },
  };
}

/** Of everything that still runs; for when this program is told to stop. */
export function killAll(): void {
  for (const child of running) killGroup(child, 'SIGKILL');
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It is gone already.
  }
}
