import type { ApiServer } from './api-server.ts';
import type { NodeSpec } from './cluster-file.ts';
import { until } from './until.ts';

export const gpuResource = 'nvidia.com/gpu';

const defaultProduct = 'NVIDIA-H100-80GB-HBM3';

/** The labels that NVIDIA's GPU feature discovery puts on a node. */
export function gpuLabels({
  gpus,
  product = defaultProduct,
  memoryMiB,
  family,
  labels,
}: NodeSpec): Record<string, string> {
  if (gpus === 0) return { ...labels };
  return {
    'nvidia.com/gpu.present': 'true',
    'nvidia.com/gpu.count': String(gpus),
    'nvidia.com/gpu.product': product,
    'nvidia.com/gpu.memory': String(memoryMiB ?? memoryInName(product)),
    'nvidia.com/gpu.family': family ?? familyOf(product),
    ...labels,
  };
}

/** `NVIDIA-H100-80GB-HBM3` says 80 GB; feature discovery reports 81559 MiB there: what the driver calls 80 GB, less ECC. */
function memoryInName(product: string): number {
  const gigabytes = Number(/(\d+)GB/.exec(product)?.[1] ?? 80);
  return gigabytes === 80 ? 81_559 : gigabytes * 1_024;
}

const families: readonly (readonly [RegExp, string])[] = [
  [/\bG?B[123]00\b/, 'blackwell'],
  [/\bG?H[12]00\b/, 'hopper'],
  [/\b(L4|L40S?)\b/, 'ada-lovelace'],
  [/\bA(10G?|16|30|40|100)\b/, 'ampere'],
  [/\bT4\b/, 'turing'],
];

function familyOf(product: string): string {
  return families.find(([pattern]) => pattern.test(product))?.[1] ?? 'unknown';
}

/**
 * Gives a node its GPUs. A kubelet that registers sets resources it does not know to zero, so this is done again
 * whenever a kubelet was started, and looked at once more before it counts.
 */
export async function giveGpus(api: ApiServer, { name, gpus }: NodeSpec): Promise<void> {
  const path = `/api/v1/nodes/${name}`;
  const count = { [gpuResource]: String(gpus) };
  await until({ what: `node ${name} has ${gpus} GPUs and is ready`, withinMs: 60_000 }, async () => {
    const { status, body } = await api.get(path);
    if (status !== 200) return false;
    const has = (list: Record<string, string> | undefined) => gpus === 0 || list?.[gpuResource] === String(gpus);
    if (has(body.status.capacity) && has(body.status.allocatable)) return isReady(body);
    await api.merge(`${path}/status`, { status: { capacity: count, allocatable: count } });
    return false;
  });
}

type NodeObject = {
  spec: { taints?: { key: string }[] };
  status: { conditions?: { type: string; status: string }[] };
};

/** Ready, and the taint that kept pods away until then is off. */
function isReady({ spec, status }: NodeObject): boolean {
  const ready = status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  return ready && !(spec.taints ?? []).some(({ key }) => key.startsWith('node.kubernetes.io/'));
}
