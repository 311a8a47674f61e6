import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ClusterNode } from './cluster-file.ts';
import { cniPluginDir } from './debian-packages.ts';
import { killAll, type Part, processesMentioning, run, startPart, untilPart } from './processes.ts';

const kubernetesImages = ['--namespace', 'k8s.io', 'images'];

export function containerdPart(runDir: string, node: ClusterNode): Part {
  return {
    name: `containerd of ${node.name}`,
    binary: 'containerd',
    args: ['--config', path.join(node.dir, 'containerd.toml')],
    logFile: path.join(runDir, 'logs', `${node.name}-containerd.log`),
    pidFile: path.join(runDir, 'pids', `${node.name}-containerd`),
  };
}

export async function startContainerd(part: Part, node: ClusterNode, pauseImage: string): Promise<void> {
  await mkdir(path.join(node.dir, 'cni'), { recursive: true });
  await writeFile(path.join(node.dir, 'cni/10-node.conflist'), `${JSON.stringify(cniConfig(node), null, 2)}\n`);
  await writeFile(path.join(node.dir, 'containerd.toml'), containerdConfig(node, pauseImage));
  await startPart(part);
  await untilPart(part, 30_000, async () => (await ctr(node, 'version')).includes('Server:'));
}

/** Ends containerd and, as a power cut would, every container on the node. */
export async function killContainerd(node: ClusterNode): Promise<void> {
  const shims = await processesMentioning(node.containerdSocket);
  const daemons = await processesMentioning(path.join(node.dir, 'containerd.toml'));
  await killAll(`containerd of ${node.name}`, [...daemons, ...shims]);
}

/** Imports a docker or OCI archive; its images can then be named by tag and by digest. */
export async function importIntoNode(node: ClusterNode, archive: string): Promise<void> {
  const said = await ctr(node, ...kubernetesImages, 'import', archive);
  for (const [, name, digest] of said.matchAll(/^unpacking (\S+) \((sha256:[0-9a-f]{64})\)/gm)) {
    if (name === undefined || digest === undefined) continue;
    const repository = name.replace(/:[^/:]*$/, '');
    await ctr(node, ...kubernetesImages, 'tag', '--force', name, `${repository}@${digest}`);
  }
}

function ctr(node: ClusterNode, ...args: string[]): Promise<string> {
  return run('ctr', ['--address', node.containerdSocket, ...args], 120_000);
}

/**
 * `restrict_oom_score_adj`: lowering the OOM score is refused inside a sandbox, and then no pod would start.
 * The network namespaces are kept under the node's folder instead of in the machine's /run/netns.
 */
function containerdConfig(node: ClusterNode, pauseImage: string): string {
  return `version = 2
root = "${node.dir}/containerd/root"
state = "${node.dir}/containerd/state"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
  address = "${node.containerdSocket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  disable_tcp_service = true

[plugins."io.containerd.grpc.v1.cri".containerd]
  default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

# runc, not crun: crun refuses a machine that has both versions of cgroups mounted.
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  BinaryName = "runc"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "${cniPluginDir}"
  conf_dir = "${node.dir}/cni"
`;
}

function cniConfig({ dir, network }: ClusterNode): unknown {
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: network.subnet, gateway: network.address }]],
    routes: [{ dst: '0.0.0.0/0' }],
    dataDir: path.join(dir, 'addresses'),
  };
  const bridge = { type: 'bridge', bridge: network.bridge, isGateway: true, hairpinMode: true, ipam };
  return { cniVersion: '0.4.0', name: network.bridge, plugins: [bridge] };
}
