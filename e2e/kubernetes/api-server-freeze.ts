import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestCluster } from '@signalbox/testkit/kubernetes';

/** The API server neither answers nor refuses while the work is done: connections stay open, and nothing comes. */
export async function whileApiServerIsFrozen(cluster: TestCluster, work: () => Promise<void>): Promise<void> {
  const pid = Number(await readFile(path.join(cluster.runDir, 'pids', 'kube-apiserver'), 'utf8'));
  process.kill(pid, 'SIGSTOP');
  try {
    await work();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
