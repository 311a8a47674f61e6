import type { Gpu } from './catalogue.ts';
import { gpuCatalogue } from './catalogue.ts';

/** A part of the catalogue as some pool offers it: under its label, perhaps as a slice of itself. */
export interface OfferedGpu extends Gpu {
  product: string;
}

/**
 * The parts behind product labels; labels that the catalogue does not know are left out, for not knowing a GPU is
 * no reason to refuse it. Old drivers lack the `NVIDIA-` prefix, `-SHARED` and `-MIG-1g.10gb` may follow.
 */
export function findGpus(products: readonly string[]): OfferedGpu[] {
  return products.flatMap((product) => {
    const label = product.replace(/[\s_]+/g, '-');
    const gpu = gpuCatalogue.find((candidate) => candidate.label.test(label));
    return gpu === undefined ? [] : [{ ...gpu, memoryGib: sliceMemoryGib(label) ?? gpu.memoryGib, product }];
  });
}

function sliceMemoryGib(label: string): number | undefined {
  const slice = /-MIG-\d+g\.(\d+)gb/i.exec(label)?.[1];
  return slice === undefined ? undefined : Number(slice);
}

export function isAmd(gpuResource: string): boolean {
  return gpuResource.startsWith('amd.com/');
}
