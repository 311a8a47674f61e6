import { readdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { until } from './until.ts';

const root = '/sys/fs/cgroup';

/** Control groups outlive the processes in them, also when the kernel ended those together with their namespace. */
export async function controlGroups(): Promise<Set<string>> {
  const found = new Set<string>();
  const visit = async (dir: string): Promise<void> => {
    for (const entry of await readdir(dir, { withFileTypes: true }).catch(() => [])) {
      if (!entry.isDirectory()) continue;
      found.add(path.join(dir, entry.name));
      await visit(path.join(dir, entry.name));
    }
  };
  await visit(root);
  return found;
}

/** The names of containers are hashes; anything else that appeared meanwhile belongs to somebody else. */
const ours = /\/([0-9a-f]{64}|k8s\.io)(\/|$)/;

export async function removeControlGroups(before: ReadonlySet<string>): Promise<void> {
  const mine = async () => [...(await controlGroups())].filter((dir) => !before.has(dir) && ours.test(dir));
  await until({ what: 'control groups of pods are empty', withinMs: 5_000 }, async () => {
    const dirs = await mine();
    // The deepest first.
    for (const dir of dirs.reverse()) await rmdir(dir).catch(() => undefined);
    return (await mine()).length === 0;
  }).catch(() => undefined);
}
