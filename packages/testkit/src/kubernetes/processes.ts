import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Hopeless, until } from './until.ts';

const execute = promisify(execFile);

export type Part = { name: string; binary: string; args: readonly string[]; logFile: string; pidFile: string };

/** Starts a part that outlives the program that started it: a test may add a node and end. */
export async function startPart(part: Part): Promise<void> {
  await mkdir(path.dirname(part.logFile), { recursive: true });
  await mkdir(path.dirname(part.pidFile), { recursive: true });
  const log = await open(part.logFile, 'a');
  try {
    const child = spawn(part.binary, part.args, { detached: true, stdio: ['ignore', log.fd, log.fd] });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    await writeFile(part.pidFile, `${child.pid}\n`);
    child.unref();
  } finally {
    await log.close();
  }
}

export async function pidOf(part: Pick<Part, 'pidFile'>): Promise<number | undefined> {
  if (!existsSync(part.pidFile)) return undefined;
  const pid = Number.parseInt(await readFile(part.pidFile, 'utf8'), 10);
  return (await isRunning(pid)) ? pid : undefined;
}

/** A zombie still has a pid and takes signals, so `kill(pid, 0)` would call it alive. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !/^\d+ \(.*\) Z/s.test(stat);
}

/** Waits for a part to be ready, and gives up at once, showing its log, when it has ended instead. */
export async function untilPart<T>(
  part: Part,
  withinMs: number,
  ask: () => Promise<T | undefined | false>,
): Promise<T> {
  try {
    return await until({ what: `${part.name} becomes ready`, withinMs }, async () => {
      const answer = await ask().catch(() => undefined);
      if (answer !== undefined && answer !== false) return answer;
      if ((await pidOf(part)) === undefined) throw new Hopeless(`${part.name} has ended instead of becoming ready`);
      return undefined;
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}\nlast lines of ${part.logFile}:\n${await lastLines(part.logFile)}`, { cause: error });
  }
}

export async function lastLines(file: string, count = 25): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '(no log)');
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

export async function killPart(part: Pick<Part, 'name' | 'pidFile'>): Promise<void> {
  const pid = await pidOf(part);
  if (pid !== undefined) await killAll(part.name, [pid]);
}

/** Kills these and everything below them, and waits until they are gone. */
export async function killAll(what: string, roots: readonly number[]): Promise<void> {
  const victims = await withDescendants(roots);
  for (const pid of victims) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
  await until({ what: `${what} ends`, withinMs: 10_000, everyMs: 10 }, async () => {
    for (const pid of victims) if (await isRunning(pid)) return false;
    return true;
  });
}

async function withDescendants(roots: readonly number[]): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => undefined);
    const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  const found = new Set(roots);
  for (let grew = true; grew; ) {
    grew = false;
    for (const [pid, parent] of parents) {
      if (!found.has(parent) || found.has(pid)) continue;
      found.add(pid);
      grew = true;
    }
  }
  return [...found];
}

/** Processes whose command line mentions a text, such as the socket of the containerd that owns them. */
export async function processesMentioning(text: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const line = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (line.split('\0').includes(text)) found.push(Number(entry));
  }
  return found;
}

/** Runs a tool to its end; a failure carries what the tool said. */
export async function run(tool: string, args: readonly string[], timeoutMs = 60_000): Promise<string> {
  const { stdout, stderr } = await execute(tool, args, { timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 });
  return stdout + stderr;
}
