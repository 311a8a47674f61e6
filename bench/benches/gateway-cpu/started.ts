import { execFileSync } from 'node:child_process';

export { freePort } from '../../../e2e/installation/process.ts';

import { processTree } from '../../measure/cpu-time.ts';

/** A proxy under measurement, as a process of its own. */
export interface Started {
  port: number;
  pid: number;
  stop(): void | Promise<void>;
}

/** Pins a process and its children to a CPU; false where that can't be done. */
export function pin(pid: number, cpu: number): boolean {
  try {
    for (const member of processTree(pid))
      execFileSync('taskset', ['-acp', String(cpu), String(member)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
