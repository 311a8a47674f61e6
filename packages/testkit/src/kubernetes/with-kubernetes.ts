import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants } from 'node:os';
import path from 'node:path';
import { type Binaries, ensureBinaries, Missing } from './build-binaries.ts';
import { controlGroups, removeControlGroups } from './control-groups.ts';
import { installPackages, packagesProblem, systemPath } from './debian-packages.ts';
import { machineProblem } from './machine-problem.ts';
import { BadUsage, type Options, parseOptions, usage } from './with-kubernetes-options.ts';

const exitUsage = 64;
const exitUnavailable = 69;

/** What the program tells itself when it runs again inside the namespaces. */
export type InsideTask = Options & { runDir: string; binaries: Binaries };

const say = (line: string): void => console.error(`with-kubernetes: ${line}`);

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  for (const image of options.images) if (!existsSync(image)) throw new BadUsage(`There is no file ${image}.`);
  const refused = machineProblem();
  if (refused !== undefined) throw new Missing(refused);
  if (options.install) installPackages(say);
  const missing = packagesProblem();
  if (missing !== undefined) throw new Missing(missing);
  const binaries = await ensureBinaries({ assets: process.env.KUBEBUILDER_ASSETS, say });
  const before = await controlGroups();
  const runDir = await mkdtemp(path.join(path.resolve(options.runDirParent), 'signalbox-kubernetes-'));
  try {
    return await runInNamespaces({ ...options, runDir, binaries });
  } finally {
    await removeControlGroups(before);
    if (options.keep) say(`kept ${runDir}`);
    else await rm(runDir, { recursive: true, force: true });
  }
}

/**
 * A shell is the first process of the namespace: it collects orphans, which Node would leave as zombies. When it ends,
 * or this program does, the kernel kills all that is left in the namespace.
 */
function runInNamespaces(task: InsideTask): Promise<number> {
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const inside = path.join(import.meta.dirname, 'inside-namespaces.ts');
  const shell = ['sh', '-c', '"$@"; exit $?', 'sh', process.execPath, inside];
  const env = { ...process.env, PATH: systemPath() };
  const child = spawn('unshare', [...namespaces, ...shell], { env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  child.send(task);
  const forward = (signal: NodeJS.Signals): void => {
    if (child.connected) child.send({ signal });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BadUsage || error instanceof Missing)) throw error;
  console.error(error instanceof BadUsage ? `${error.message}\n\n${usage}` : error.message);
  process.exitCode = error instanceof BadUsage ? exitUsage : exitUnavailable;
}
