import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { TestCluster } from '@signalbox/testkit/kubernetes';

const repository = path.resolve(import.meta.dirname, '../..');

/** Builds images as a user does, and puts them on every node. */
export async function importImages(cluster: TestCluster, folder: string, ...names: readonly string[]): Promise<void> {
  const only = names.flatMap((name) => ['--only', name]);
  const program = path.join(repository, 'scripts/images/build-images.ts');
  execFileSync(process.execPath, [program, ...only, '--out', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  for (const name of names) await cluster.importImage(path.join(folder, `${name}.tar`));
}
