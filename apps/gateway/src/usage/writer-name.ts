import { readFileSync } from 'node:fs';

/**
 * A writer's folder is named after the process that writes there, so that whoever finds it can tell whether that
 * process still runs: also after a number was given to another process, or the machine was started anew.
 */
export interface WriterName {
  /** Unique and sorting by time. */
  bootId: string;
  pid: number;
  /** When the process started, in ticks since the machine did; 0 where the system does not tell. */
  startedTicks: number;
  /** The start of the machine; empty where the system does not tell. */
  machineStart: string;
}

const pattern = /^([A-Za-z0-9-]{1,64})\.(\d+)\.(\d+)\.([0-9a-f]*)$/;

export function folderOf({ bootId, pid, startedTicks, machineStart }: WriterName): string {
  return `${bootId}.${pid}.${startedTicks}.${machineStart}`;
}

export function writerOf(folder: string): WriterName | undefined {
  const match = pattern.exec(folder);
  if (match === null) return undefined;
  const [, bootId = '', pid, ticks, machineStart = ''] = match;
  return { bootId, pid: Number(pid), startedTicks: Number(ticks), machineStart };
}

export function thisWriter(bootId: string): WriterName {
  return { bootId, pid: process.pid, startedTicks: ticksOf(process.pid) ?? 0, machineStart: machineStart() };
}

/** The writers must run in the sender's process namespace, as workers and the process that started them do. */
export function isRunning(writer: WriterName): boolean {
  if (writer.machineStart !== machineStart()) return false;
  const ticks = ticksOf(writer.pid);
  if (ticks !== undefined) return ticks === writer.startedTicks;
  if (writer.startedTicks !== 0) return false;
  try {
    process.kill(writer.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function ticksOf(pid: number): number | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  // The name stands in parentheses and may hold anything; state is the third field, the start time the 22nd.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie writes no more.
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19]);
}

function machineStart(): string {
  return (readOrUndefined('/proc/sys/kernel/random/boot_id') ?? '').replaceAll('-', '').trim().slice(0, 12);
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
