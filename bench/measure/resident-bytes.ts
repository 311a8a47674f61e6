import { readFileSync } from 'node:fs';
import { processTree } from './cpu-time.ts';

/** Memory that a process and its living children hold in RAM, from the operating system. */
export function residentBytes(pid: number): number {
  return processTree(pid).reduce((sum, member) => {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${member}/status`, 'utf8'))?.[1];
    return sum + Number(kilobytes ?? 0) * 1_024;
  }, 0);
}
