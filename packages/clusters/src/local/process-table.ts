import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ProcessIdentity } from './records.ts';

const run = promisify(execFile);

/**
 * Environment variable by which a replica's process is known even when its record was never written or was lost:
 * `<state folder>#<replica id>`.
 */
export const processMark = 'SIGNALBOX_LOCAL_REPLICA';

/** The operating system's processes, as far as the local cluster needs them. Zombies count as gone. */
export interface ProcessTable {
  identify(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessIdentity>>;
  /** Leaders of process groups that carry the mark: mark → process. Processes of other users are not seen. */
  marked(): Promise<ReadonlyMap<string, ProcessIdentity>>;
}

export function processTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  return platform === 'linux' ? procFileSystem() : psCommand();
}

export async function isAlive(table: ProcessTable, wanted: ProcessIdentity): Promise<boolean> {
  const found = (await table.identify([wanted.pid])).get(wanted.pid);
  return found?.startTime === wanted.startTime;
}

function procFileSystem(): ProcessTable {
  let boot: Promise<string> | undefined;
  // Start times count from boot, so they repeat after a reboot: the boot's own id makes them unique.
  const bootId = () =>
    (boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
      (id) => id.trim(),
      () => 'boot',
    ));

  async function stat(pid: number): Promise<{ identity: ProcessIdentity; leadsGroup: boolean } | null> {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    const fields = text === null ? null : parseProcStat(text);
    if (fields === null || fields.state === 'Z' || fields.state === 'X') return null;
    return {
      identity: { pid, startTime: `${await bootId()}:${fields.startTicks}` },
      leadsGroup: fields.group === pid,
    };
  }

  return {
    async identify(pids) {
      const found = await Promise.all(pids.map(stat));
      return new Map(found.flatMap((one) => (one === null ? [] : [[one.identity.pid, one.identity] as const])));
    },
    async marked() {
      const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
      const marks = new Map<string, ProcessIdentity>();
      for (const pid of pids) {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
        const entry = environment.split('\0').find((each) => each.startsWith(`${processMark}=`));
        const found = entry === undefined ? null : await stat(pid);
        if (entry !== undefined && found?.leadsGroup) marks.set(entry.slice(processMark.length + 1), found.identity);
      }
      return marks;
    },
  };
}

/** The program's name is in brackets and may itself hold brackets and spaces: fields are counted from the last one. */
export function parseProcStat(text: string): { state: string; group: number; startTicks: string } | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, , group] = fields;
  const startTicks = fields[19];
  if (state === undefined || group === undefined || startTicks === undefined) return null;
  return { state, group: Number(group), startTicks };
}

function psCommand(): ProcessTable {
  const table = async (args: readonly string[]): Promise<readonly PsLine[]> => {
    try {
      const { stdout } = await run('ps', [...args], {
        env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
        maxBuffer: 64 << 20,
      });
      return stdout.split('\n').flatMap((line) => parsePsLine(line) ?? []);
    } catch (error) {
      // ps ends with 1 when none of the pids exists.
      if (typeof error === 'object' && error !== null && 'code' in error && error.code === 1) return [];
      throw error;
    }
  };
  return {
    async identify(pids) {
      if (pids.length === 0) return new Map();
      const lines = await table(['-o', 'pid=,pgid=,stat=,lstart=', '-p', pids.join(',')]);
      return new Map(lines.map(({ identity }) => [identity.pid, identity]));
    },
    async marked() {
      // -E shows the environment behind the command: macOS has no /proc.
      const lines = await table(['-axwwE', '-o', 'pid=,pgid=,stat=,lstart=,command=']);
      return new Map(
        lines.flatMap(({ identity, group, rest }) => {
          const mark = rest.match(new RegExp(`(?:^| )${processMark}=(.*?#[a-z0-9-]+)(?: |$)`))?.[1];
          return mark !== undefined && group === identity.pid ? [[mark, identity] as const] : [];
        }),
      );
    },
  };
}

interface PsLine {
  identity: ProcessIdentity;
  group: number;
  rest: string;
}

/** ` 4711  4711 Ss   Tue Sep 30 12:00:01 2026     node main.ts`; null for zombies and for what is no such line. */
export function parsePsLine(line: string): PsLine | null {
  const found = line.match(/^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d{4})\s*(.*)$/);
  if (found === null) return null;
  const [, pid, group, state, startTime, rest] = found;
  if (state === undefined || state.startsWith('Z') || startTime === undefined) return null;
  return {
    identity: { pid: Number(pid), startTime: startTime.replace(/\s+/g, ' ') },
    group: Number(group),
    rest: rest ?? '',
  };
}
