import type { NodeCapacity } from '@signalbox/domain';
import type { Node, Pod, PodSpec } from './api-types.ts';
import { parseQuantity } from './quantity.ts';

const gpuResources = ['nvidia.com/gpu', 'amd.com/gpu'];

/** By who labelled the node: the vendors' discovery, GKE, Karpenter. */
const productLabels = [
  'nvidia.com/gpu.product',
  'amd.com/gpu.product-name',
  'cloud.google.com/gke-accelerator',
  'karpenter.k8s.aws/instance-gpu-name',
];

/** GPUs per node: what it offers, less what the pods on it have asked for, whoever they belong to. */
export function nodeCapacities(nodes: readonly Node[], pods: readonly Pod[]): readonly NodeCapacity[] {
  const used = new Map<string, number>();
  for (const pod of pods) {
    const node = pod.spec?.nodeName;
    if (node === undefined || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') continue;
    used.set(node, (used.get(node) ?? 0) + requestedGpus(pod.spec));
  }
  return nodes.map((node) => {
    const name = node.metadata?.name ?? '';
    const labels = node.metadata?.labels ?? {};
    const total = gpus(node.status?.allocatable);
    const isReady = node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
    return {
      node: name,
      labels,
      gpuProduct: productLabels.map((key) => labels[key]).find((product) => product !== undefined) ?? null,
      gpus: { total, free: Math.max(0, total - (used.get(name) ?? 0)) },
      ready: isReady && node.spec?.unschedulable !== true,
    };
  });
}

/** Containers run together; init containers one by one before them, except those that stay (sidecars). */
function requestedGpus(spec: PodSpec | undefined): number {
  const running = (spec?.containers ?? []).reduce((sum, container) => sum + gpus(container.resources?.requests), 0);
  const inits = spec?.initContainers ?? [];
  const sidecars = inits.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const staying = sidecars.reduce((sum, container) => sum + gpus(container.resources?.requests), 0);
  return Math.max(running + staying, ...inits.map((container) => gpus(container.resources?.requests)));
}

function gpus(quantities: Readonly<Record<string, string>> | undefined): number {
  return gpuResources.reduce((sum, resource) => sum + (parseQuantity(quantities?.[resource] ?? '0') ?? 0), 0);
}
