import path from 'node:path';
import type { Binaries } from './build-binaries.ts';
import { type ClusterControls, clusterControls } from './cluster.ts';
import { readClusterFile } from './cluster-file.ts';

export type TestCluster = ClusterControls & { runDir: string; binaries: Binaries };

/** Whether this process was started by `with-kubernetes`. */
export function hasTestCluster(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.SIGNALBOX_TEST_CLUSTER !== undefined;
}

/** The cluster around this process. */
export async function attachToTestCluster(env: NodeJS.ProcessEnv = process.env): Promise<TestCluster> {
  const file = env.SIGNALBOX_TEST_CLUSTER;
  if (file === undefined) {
    throw new Error(
      'SIGNALBOX_TEST_CLUSTER is not set: run this by packages/testkit/src/kubernetes/with-kubernetes.ts',
    );
  }
  const { runDir, kubeconfigPath, binaries } = await readClusterFile(path.dirname(file));
  return { ...clusterControls(runDir, kubeconfigPath), runDir, binaries };
}
