import { execFileSync } from 'node:child_process';

/** Why this machine, whatever were installed on it, could not run the test cluster; undefined when it could. */
export function machineProblem(): string | undefined {
  if (process.platform !== 'linux') return 'The test cluster needs Linux: it makes namespaces and containers.';
  if (process.getuid?.() !== 0) return 'The test cluster needs root: it makes namespaces and containers.';
  try {
    execFileSync('unshare', ['--net', '--mount', '--pid', '--fork', '--mount-proc', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'The test cluster needs namespaces of its own, and "unshare --net --mount --pid" is refused here.';
  }
}
