import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** What a figure was measured on; without it the figure says little. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  node: string;
  /** Of the last minute, before anything was measured: other work on the machine makes figures worse. */
  load: number;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

export function machineLines(machine: Machine): string[] {
  const { cpu, cores, memoryGiB, kernel, node, load } = machine;
  const lines = [`machine: ${cpu}, ${cores} cores, ${memoryGiB} GiB, kernel ${kernel}, Node ${node}, load ${load}`];
  if (load > cores / 2) lines.push('         busy with other work: expect worse figures than on a quiet machine');
  return lines;
}
