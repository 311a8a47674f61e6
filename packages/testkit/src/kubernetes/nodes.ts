import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { apiServer, readApiAccess } from './api-server.ts';
import type { ClusterFile, ClusterNode } from './cluster-file.ts';
import { containerdPart, importIntoNode, killContainerd, startContainerd } from './containerd.ts';
import { giveGpus } from './gpus.ts';
import { kubeletPart, startKubelet } from './kubelet.ts';
import { connectNode, createNodeNetwork, silenceNode } from './node-network.ts';
import { killPart, lastLines, type Part, pidOf } from './processes.ts';

/** The half of a node that does not need the API server: network, containerd, the sandbox image. */
export async function prepareNode(
  cluster: Pick<ClusterFile, 'runDir' | 'pauseImage'>,
  node: ClusterNode,
): Promise<void> {
  await createNodeNetwork(node.network);
  await startContainerd(containerdPart(cluster.runDir, node), node, cluster.pauseImage);
  await importIntoNode(node, pauseArchive(cluster.runDir));
  await importKeptImages(cluster.runDir, node);
}

export function pauseArchive(runDir: string): string {
  return path.join(runDir, 'pause.tar');
}

/** Keeps an archive with the cluster, so that nodes get it too that join or return later. */
export async function keepImage(runDir: string, archive: string): Promise<void> {
  await mkdir(imagesDir(runDir), { recursive: true });
  const source = createHash('sha256').update(path.resolve(archive)).digest('hex').slice(0, 12);
  const kept = path.join(imagesDir(runDir), `${source}-${path.basename(archive)}`);
  await rm(kept, { force: true });
  await link(archive, kept).catch(() => copyFile(archive, kept));
}

export async function importKeptImages(runDir: string, node: ClusterNode): Promise<void> {
  const archives = await readdir(imagesDir(runDir)).catch(() => []);
  for (const archive of archives) await importIntoNode(node, path.join(imagesDir(runDir), archive));
}

function imagesDir(runDir: string): string {
  return path.join(runDir, 'images');
}

export async function startNodeKubelet(cluster: ClusterFile, node: ClusterNode): Promise<void> {
  await startKubelet(kubeletPart(cluster, node), node);
}

/** Waits until pods can be placed on the node and its GPUs be asked for. */
export async function untilNodeServes(cluster: ClusterFile, node: ClusterNode): Promise<void> {
  const part = kubeletPart(cluster, node);
  try {
    await giveGpus(apiServer(await readApiAccess(cluster.kubeconfigPath)), node);
  } catch (error) {
    throw await withLog(error, part);
  }
}

async function withLog(error: unknown, part: Part): Promise<Error> {
  const message = error instanceof Error ? error.message : String(error);
  const log = await lastLines(part.logFile);
  return new Error(`${message}\nlast lines of ${part.logFile}:\n${log}`, { cause: error });
}

export async function isLost(cluster: ClusterFile, node: ClusterNode): Promise<boolean> {
  return (await pidOf(containerdPart(cluster.runDir, node))) === undefined;
}

/**
 * The node goes silent, as after a power cut: its connections are not closed, packets to and from its pods vanish,
 * and nothing on it runs any more. The API server hears nothing and finds out by itself.
 */
export async function loseNode(cluster: ClusterFile, node: ClusterNode): Promise<void> {
  await silenceNode(node.network);
  await killPart(kubeletPart(cluster, node));
  await killContainerd(node);
}

/** The node comes back as after a reboot: its images are still there, its containers are not running. */
export async function returnNode(cluster: ClusterFile, node: ClusterNode): Promise<void> {
  await connectNode(node.network);
  await startContainerd(containerdPart(cluster.runDir, node), node, cluster.pauseImage);
  await importKeptImages(cluster.runDir, node);
  await startNodeKubelet(cluster, node);
  await untilNodeServes(cluster, node);
}
