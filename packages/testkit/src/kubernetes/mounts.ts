import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './processes.ts';
import { resolverConfig } from './services.ts';

/** Folders that kubelet, containerd and the CNI plugins write to whatever they are told. */
const hardWiredFolders = ['/run/containerd', '/var/lib/cni', '/var/lib/kubelet', '/var/log/containers'];

/** Hides the machine's own folders behind empty ones, which vanish with the mount namespace. */
export async function coverMachineFolders(runDir: string): Promise<void> {
  for (const folder of hardWiredFolders) {
    await mkdir(folder, { recursive: true });
    await run('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
  }
  // The machine's name server cannot be reached from here; the cluster's own can.
  const resolver = path.join(runDir, 'resolv.conf');
  await writeFile(resolver, resolverConfig());
  if (existsSync('/etc/resolv.conf')) await run('mount', ['--bind', resolver, '/etc/resolv.conf']);
}

/** Takes away the volumes of pods, so that the run folder can be removed; the deepest first. */
export async function unmountBelow(folder: string): Promise<void> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  const points = table.split('\n').map((line) => unescapeMountPoint(line.split(' ')[4] ?? ''));
  for (const point of points.filter((each) => each.startsWith(`${folder}/`)).reverse()) {
    await run('umount', ['--lazy', point]).catch(() => undefined);
  }
}

export async function uncoverMachineFolders(): Promise<void> {
  for (const point of [...hardWiredFolders, '/etc/resolv.conf'])
    await run('umount', ['--lazy', point]).catch(() => undefined);
}

function unescapeMountPoint(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
