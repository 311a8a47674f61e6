import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Binaries } from './build-binaries.ts';
import {
  type ClusterNode,
  claimNode,
  clusterFilePath,
  type NodeSpec,
  readClusterFile,
  writeClusterFile,
} from './cluster-file.ts';
import { importIntoNode, killContainerd } from './containerd.ts';
import { startApiServer, startControllers, writeKubeconfig } from './control-plane.ts';
import { writeImageArchive } from './image.ts';
import { coverMachineFolders, uncoverMachineFolders, unmountBelow } from './mounts.ts';
import { createControlPlaneNetwork, removeNetworks } from './node-network.ts';
import {
  isLost,
  keepImage,
  loseNode,
  pauseArchive,
  prepareNode,
  returnNode,
  startNodeKubelet,
  untilNodeServes,
} from './nodes.ts';
import { pauseImage, pauseImageName } from './pause-image.ts';
import { killPart, lastLines } from './processes.ts';
import { startClusterDns, startServiceProxy } from './services.ts';

export type ClusterOptions = {
  runDir: string;
  binaries: Binaries;
  nodes: readonly NodeSpec[];
  say?: (line: string) => void;
};

/** What a test can do to the cluster beyond its API. */
export type ClusterControls = {
  kubeconfigPath: string;
  nodes(): Promise<readonly ClusterNode[]>;
  /** Makes an archive's images available, by tag and by digest, on every node, also on those that join later. */
  importImage(archive: string): Promise<void>;
  addNode(spec: NodeSpec): Promise<void>;
  /** The node falls silent, and all that ran on it is gone. */
  loseNode(name: string): Promise<void>;
  returnNode(name: string): Promise<void>;
  nodeLogs(name: string): Promise<string>;
};

export type Cluster = ClusterControls & { clusterFile: string; stop(): Promise<void> };

/** Starts a real Kubernetes. Must be called as root in network, mount and process namespaces of its own. */
export async function startCluster({ runDir, binaries, nodes, say = () => {} }: ClusterOptions): Promise<Cluster> {
  const [first] = nodes;
  if (first === undefined) throw new Error('a test cluster needs at least one node');
  await createControlPlaneNetwork();
  await mkdir(runDir, { recursive: true });
  await coverMachineFolders(runDir);
  await writeImageArchive(pauseImage(binaries.pause), pauseArchive(runDir));
  const kubeconfigPath = path.join(runDir, 'kubeconfig');
  await writeClusterFile({ runDir, kubeconfigPath, binaries, pauseImage: pauseImageName, nodes: [] });
  for (const spec of nodes) await claimNode(runDir, spec);
  const cluster = await readClusterFile(runDir);

  const prepared = Promise.all(cluster.nodes.map((node) => prepareNode(cluster, node)));
  const [{ access, part }] = await Promise.all([startApiServer(runDir, binaries), prepared]);
  await writeKubeconfig(runDir, access);
  say('etcd and containerd run; starting the API server');
  await startControllers(runDir, binaries, access, part);
  say('the control plane serves; starting kubelets, kube-proxy and CoreDNS');
  await Promise.all([
    ...cluster.nodes.map((node) => startNodeKubelet(cluster, node).then(() => untilNodeServes(cluster, node))),
    startServiceProxy(runDir, binaries, first.name),
    startClusterDns(runDir, binaries),
  ]);
  return { ...clusterControls(runDir, kubeconfigPath), clusterFile: clusterFilePath(runDir), stop: () => stop(runDir) };
}

export function clusterControls(runDir: string, kubeconfigPath: string): ClusterControls {
  const find = async (name: string) => {
    const cluster = await readClusterFile(runDir);
    const node = cluster.nodes.find((each) => each.name === name);
    if (node === undefined) throw new Error(`the test cluster has no node ${name}`);
    return { cluster, node };
  };
  return {
    kubeconfigPath,
    nodes: async () => (await readClusterFile(runDir)).nodes,
    importImage: async (archive) => {
      const cluster = await readClusterFile(runDir);
      await keepImage(runDir, archive);
      const importHere = async (node: ClusterNode): Promise<void> => {
        if (!(await isLost(cluster, node))) await importIntoNode(node, archive);
      };
      await Promise.all(cluster.nodes.map(importHere));
    },
    addNode: async (spec) => {
      const node = await claimNode(runDir, spec);
      const cluster = await readClusterFile(runDir);
      await prepareNode(cluster, node);
      await startNodeKubelet(cluster, node);
      await untilNodeServes(cluster, node);
    },
    loseNode: async (name) => {
      const { cluster, node } = await find(name);
      await loseNode(cluster, node);
    },
    returnNode: async (name) => {
      const { cluster, node } = await find(name);
      await returnNode(cluster, node);
    },
    nodeLogs: async (name) => {
      await find(name);
      const files = [`${name}-kubelet.log`, `${name}-containerd.log`];
      const texts = await Promise.all(files.map((file) => lastLines(path.join(runDir, 'logs', file), 200)));
      return files.map((file, index) => `== ${file}\n${texts[index]}\n`).join('');
    },
  };
}

/** Leaves nothing behind but the logs, which whoever asked for the run folder may still want to read. */
async function stop(runDir: string): Promise<void> {
  const { nodes } = await readClusterFile(runDir);
  for (const name of await readdir(path.join(runDir, 'pids'))) {
    await killPart({ name, pidFile: path.join(runDir, 'pids', name) });
  }
  await Promise.all(nodes.map(killContainerd));
  await unmountBelow(runDir);
  await uncoverMachineFolders();
  await removeNetworks(nodes.map(({ network }) => network));
  for (const each of await readdir(runDir)) {
    if (each !== 'logs') await rm(path.join(runDir, each), { recursive: true, force: true });
  }
}

/** Parts that have ended although nobody stopped them. */
export async function endedParts(runDir: string): Promise<string[]> {
  const ended: string[] = [];
  for (const name of await readdir(path.join(runDir, 'pids'))) {
    const pid = (await readFile(path.join(runDir, 'pids', name), 'utf8')).trim();
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
    if (stat.includes(') Z')) ended.push(name);
  }
  return ended;
}
