import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { clusterDomain, controlPlaneAddress } from './addresses.ts';
import type { ClusterFile, ClusterNode } from './cluster-file.ts';
import { leaseDurationSeconds } from './control-plane.ts';
import { gpuLabels } from './gpus.ts';
import { type Part, startPart } from './processes.ts';

export function kubeletPart({ runDir, binaries, kubeconfigPath }: ClusterFile, node: ClusterNode): Part {
  const labels = Object.entries(gpuLabels(node)).map(([name, value]) => `${name}=${value}`);
  return {
    name: `kubelet of ${node.name}`,
    binary: binaries.kubelet,
    args: [
      `--config=${path.join(node.dir, 'kubelet.json')}`,
      `--kubeconfig=${kubeconfigPath}`,
      `--root-dir=${path.join(node.dir, 'kubelet')}`,
      `--cert-dir=${path.join(node.dir, 'kubelet/pki')}`,
      `--hostname-override=${node.name}`,
      // Loopback is refused as a node's address.
      `--node-ip=${node.network.address}`,
      `--node-labels=${labels.join(',')}`,
    ],
    logFile: path.join(runDir, 'logs', `${node.name}-kubelet.log`),
    pidFile: path.join(runDir, 'pids', `${node.name}-kubelet`),
  };
}

export async function startKubelet(part: Part, node: ClusterNode): Promise<void> {
  await mkdir(path.join(node.dir, 'kubelet'), { recursive: true });
  await writeFile(path.join(node.dir, 'kubelet.json'), `${JSON.stringify(kubeletConfig(node), null, 2)}\n`);
  await startPart(part);
}

function kubeletConfig(node: ClusterNode): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: node.network.address,
    healthzBindAddress: node.network.address,
    // Nobody outside the network namespace can connect; the API server reads logs without a certificate.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${node.containerdSocket}`,
    volumePluginDir: path.join(node.dir, 'volume-plugins'),
    podLogsDir: path.join(node.dir, 'pod-logs'),
    clusterDNS: [controlPlaneAddress],
    clusterDomain,
    resolvConf: '',
    // A sandbox rarely has a writable cgroup tree of its own, nor the newest version of it.
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    // A developer's disk is fuller than a server's: neither evict pods nor collect images because of it.
    evictionHard: {},
    imageGCHighThresholdPercent: 100,
    localStorageCapacityIsolation: false,
    failSwapOn: false,
    nodeStatusUpdateFrequency: '2s',
    nodeLeaseDurationSeconds: leaseDurationSeconds,
    shutdownGracePeriod: '0s',
    kubeAPIQPS: 500,
    kubeAPIBurst: 1000,
    serializeImagePulls: false,
  };
}
