import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { systemClock } from '@signalbox/runtime';

/** A process, told apart from a later one that got the same pid. */
export interface ProcessIdentity {
  pid: number;
  startedAt: string;
}

/** Undefined when no such process runs. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = startTime(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isSame(process: ProcessIdentity): boolean {
  return startTime(process.pid) === process.startedAt;
}

function startTime(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The command's name may hold spaces and brackets; fields are counted after its last bracket.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** SIGTERM, then SIGKILL after `graceMs`. Resolves when the process is gone. */
export async function stopProcess(target: ProcessIdentity, graceMs: number): Promise<void> {
  const deadline = systemClock.now() + graceMs;
  let signal: NodeJS.Signals = 'SIGTERM';
  while (isSame(target)) {
    try {
      process.kill(target.pid, signal);
    } catch {
      return;
    }
    await untilGone(target, signal === 'SIGTERM' ? deadline : systemClock.now() + 2_000);
    signal = 'SIGKILL';
  }
}

async function untilGone(target: ProcessIdentity, deadline: number): Promise<void> {
  while (isSame(target) && systemClock.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 25));
}
