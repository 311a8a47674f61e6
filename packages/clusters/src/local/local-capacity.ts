import type { NodeCapacity } from '@signalbox/domain';
import { localNode } from './observe-local.ts';

/** A GPU of this machine, as its owner declares it. Simulated engines may be given GPUs that don't exist. */
export interface LocalGpu {
  product: string;
  memoryBytes?: number | null;
}

/** One entry per GPU product, since a node has one product; a machine without GPUs is one entry too. */
export function localCapacity(gpus: readonly LocalGpu[], used: ReadonlySet<number>): readonly NodeCapacity[] {
  const slots = gpus.map((gpu, index) => ({ ...gpu, free: !used.has(index) }));
  const products = [...new Set(gpus.map(({ product }) => product))];
  if (products.length === 0) {
    return [{ node: localNode, labels: {}, gpuProduct: null, gpus: { total: 0, free: 0 }, ready: true }];
  }
  return products.map((product) => {
    const own = slots.filter((slot) => slot.product === product);
    const memoryBytes = own.find((slot) => slot.memoryBytes != null)?.memoryBytes ?? null;
    return {
      node: products.length === 1 ? localNode : `${localNode}/${product}`,
      labels: {
        'nvidia.com/gpu.product': product,
        ...(memoryBytes === null ? {} : { 'nvidia.com/gpu.memory': String(Math.floor(memoryBytes / 2 ** 20)) }),
      },
      gpuProduct: product,
      gpus: { total: own.length, free: own.filter(({ free }) => free).length },
      ready: true,
    };
  });
}
