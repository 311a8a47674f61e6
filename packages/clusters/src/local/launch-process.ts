import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { errorCode, errorMessage } from '../error-facts.ts';

/** How a process ended; a code or a signal, never both. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export type Launch =
  | { kind: 'launched'; pid: number; exit: Promise<Exit> }
  /** The program is not there or may not be run. */
  | { kind: 'failed'; reason: string };

/**
 * Starts a program that outlives this process: a process group of its own, no pipe back to us, output appended to
 * its log.
 */
export async function launchProcess(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  logFile: string,
): Promise<Launch> {
  const [program = '', ...args] = command;
  const log = await open(logFile, 'a', 0o600);
  try {
    const child = spawn(program, args, { detached: true, env, stdio: ['ignore', log.fd, log.fd] });
    const exit = new Promise<Exit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await once(child, 'spawn');
    child.on('error', () => undefined);
    child.unref();
    return { kind: 'launched', pid: child.pid as number, exit };
  } catch (error) {
    return { kind: 'failed', reason: launchProblem(program, error) };
  } finally {
    await log.close();
  }
}

function launchProblem(program: string, error: unknown): string {
  const code = errorCode(error);
  if (code === 'ENOENT') return `program "${program}" was not found: is it installed and on the PATH?`;
  if (code === 'EACCES') return `program "${program}" may not be executed`;
  return `program "${program}" could not be started: ${errorMessage(error)}`;
}

/** A process and all it started. A group that is gone already is fine. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  send(-pid, signal);
}

/**
 * SIGTERM to the engine's own process alone, as the kubelet does it. Whoever drains still needs its workers: those of
 * vLLM 0.32.0 leave at once at a SIGTERM of their own, and every request in flight fails.
 */
export function askToLeave(pid: number): void {
  send(pid, 'SIGTERM');
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

export function exitReason(exit: Exit | null, lastLine: string | null): string {
  const how =
    exit === null
      ? 'the engine ended while no control plane was watching'
      : exit.signal === null
        ? `the engine exited with code ${exit.code}`
        : `the engine was ended by ${exit.signal}`;
  return lastLine === null ? how : `${how}: ${lastLine}`;
}
