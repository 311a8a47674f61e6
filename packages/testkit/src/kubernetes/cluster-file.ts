import { mkdir, readFile, rename, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type NodeNetwork, nodeNetwork } from './addresses.ts';
import type { BinaryName } from './build-binaries.ts';
import { until } from './until.ts';

/** What one asks for when a node is to join. */
export type NodeSpec = {
  name: string;
  gpus: number;
  /** The value of `nvidia.com/gpu.product`. */
  product?: string;
  memoryMiB?: number;
  family?: string;
  labels?: Readonly<Record<string, string>>;
};

export type ClusterNode = NodeSpec & { index: number; network: NodeNetwork; dir: string; containerdSocket: string };

/** `cluster.json`: all that another process inside the namespaces needs to work on the cluster. */
export type ClusterFile = {
  runDir: string;
  kubeconfigPath: string;
  binaries: Record<BinaryName, string>;
  pauseImage: string;
  nodes: readonly ClusterNode[];
};

export function clusterFilePath(runDir: string): string {
  return path.join(runDir, 'cluster.json');
}

export async function readClusterFile(runDir: string): Promise<ClusterFile> {
  return JSON.parse(await readFile(clusterFilePath(runDir), 'utf8'));
}

export async function writeClusterFile(file: ClusterFile): Promise<void> {
  const target = clusterFilePath(file.runDir);
  await writeFile(`${target}.next`, `${JSON.stringify(file, null, 2)}\n`);
  await rename(`${target}.next`, target);
}

/** Registers a node before it is started: tests in two processes must not get the same subnet. */
export async function claimNode(runDir: string, spec: NodeSpec): Promise<ClusterNode> {
  const lock = path.join(runDir, 'cluster.json.lock');
  await until({ what: 'another process leaves cluster.json', withinMs: 5_000, everyMs: 10 }, () =>
    mkdir(lock).then(() => true),
  );
  try {
    const file = await readClusterFile(runDir);
    if (file.nodes.some(({ name }) => name === spec.name)) throw new Error(`node ${spec.name} exists already`);
    const node = describeNode(runDir, spec, Math.max(0, ...file.nodes.map(({ index }) => index)) + 1);
    await writeClusterFile({ ...file, nodes: [...file.nodes, node] });
    return node;
  } finally {
    await rmdir(lock);
  }
}

/** A Unix socket's address has room for 107 characters, and containerd appends six to one of its own. */
const longestSocketPath = 101;

function describeNode(runDir: string, spec: NodeSpec, index: number): ClusterNode {
  const dir = path.join(runDir, 'nodes', spec.name);
  const containerdSocket = path.join(dir, 'containerd.sock');
  if (containerdSocket.length > longestSocketPath) throw new Error(`too long for a socket: ${containerdSocket}`);
  return { ...spec, index, network: nodeNetwork(index), dir, containerdSocket };
}
