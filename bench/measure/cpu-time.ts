import { readFileSync } from 'node:fs';

/** Linux counts CPU time in these, whatever the kernel was built with. */
const ticksPerSecond = 100;

/** User and system time of a process and its children that live, in seconds, from the operating system. */
export function cpuSeconds(pid: number): number {
  return processTree(pid).reduce((sum, member) => sum + ownCpuSeconds(member), 0);
}

function ownCpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in brackets, may hold spaces and brackets of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

export function processTree(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [
    pid,
    ...children
      .split(' ')
      .filter(Boolean)
      .flatMap((child) => processTree(Number(child))),
  ];
}
