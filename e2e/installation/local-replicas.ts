import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stopLocalReplicas } from '@signalbox/clusters';
import { silentLogger, systemClock } from '@signalbox/runtime';

/** Pids of the replicas that the local clusters under `dir` keep, read from the state files as a person would. */
export function replicaPids(dir: string): readonly number[] {
  const found: number[] = [];
  for (const file of stateFiles(join(dir, 'cluster'))) {
    const pid = /"pid":\s*(\d+)/.exec(readFileSync(file, 'utf8'))?.[1];
    if (pid !== undefined && isAlive(Number(pid))) found.push(Number(pid));
  }
  return found;
}

/** Of one replica, by the id that the API gives it. */
export function replicaPid(dir: string, id: string): number | undefined {
  for (const file of stateFiles(join(dir, 'cluster'))) {
    const text = readFileSync(file, 'utf8');
    if (!text.includes(JSON.stringify(id))) continue;
    const pid = Number(/"pid":\s*(\d+)/.exec(text)?.[1]);
    if (Number.isInteger(pid) && isAlive(pid)) return pid;
  }
  return undefined;
}

export async function stopAllReplicas(dir: string): Promise<void> {
  const clusters = join(dir, 'cluster');
  if (!existsSync(clusters)) return;
  for (const name of readdirSync(clusters)) {
    await stopLocalReplicas({ stateDir: join(clusters, name), withinMs: 2_000, clock: systemClock, log: silentLogger });
  }
}

function stateFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /replica.*\.json$/.test(name))
    .map((name) => join(folder, name));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
