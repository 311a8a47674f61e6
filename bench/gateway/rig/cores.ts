import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The proxy under measurement has a core to itself; load, mock and this program share the other. */
export type Core = 'proxy' | 'load';

const numbers: Readonly<Record<Core, number>> = { proxy: 0, load: 1 };

/** A proxy of 8,000 streams has 16,000 sockets. Set for all, so that soft limits differ on no machine. */
const files = '--nofile=18500:18500';

export function coresProblem(): string | undefined {
  if (process.platform !== 'linux') return 'CPU time is read from /proc and processes are pinned: this needs Linux';
  if (availableParallelism() < 2) return 'this needs two cores: one for the proxy, one for the load';
  return undefined;
}

/**
 * What stands before a command so that it is born on its core, may open as many sockets as 8,000 streams need, and
 * does not outlive this program however that ends.
 */
export function confined(core: Core, endedBy: 'KILL' | 'TERM'): string[] {
  return [...['taskset', '-c', String(numbers[core])], ...['prlimit', files], ...['setpriv', '--pdeathsig', endedBy]];
}

export function pinSelf(core: Core): void {
  execFileSync('taskset', ['-acp', String(numbers[core]), String(process.pid)], { stdio: 'ignore' });
}

export function filesProblem(): string | undefined {
  if (spawnSync('prlimit', [files, 'true'], { stdio: 'ignore' }).status === 0) return undefined;
  return '8,000 streams need 18,500 open files, and this may not have as many: raise the limit with ulimit -n';
}
