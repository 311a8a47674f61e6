import type { AcceleratorSpec, PlacementSpec } from '@signalbox/domain';

/** A GPU that the local cluster was told of. Its index is what CUDA_VISIBLE_DEVICES gets. */
export interface GpuSlot {
  index: number;
  product: string;
}

export type SlotPlacement = { kind: 'placed'; gpus: readonly number[] } | { kind: 'short'; reason: string };

/** Picks GPU slots for one replica. Node selectors don't apply: the local cluster is one machine, given by name. */
export function placeReplica(
  accelerator: AcceleratorSpec,
  placement: PlacementSpec,
  slots: readonly GpuSlot[],
  used: ReadonlySet<number>,
): SlotPlacement {
  const needed = accelerator.count;
  if (needed === 0) return { kind: 'placed', gpus: [] };
  const products = placement.pools.map((pool) => pool.gpuProduct);
  const anyProduct = products.length === 0 || products.includes(null);
  const fitting = anyProduct
    ? slots
    : slots.filter((slot) => products.some((wanted) => wanted !== null && isProduct(slot.product, wanted)));
  const free = fitting.filter((slot) => !used.has(slot.index));
  if (free.length >= needed) return { kind: 'placed', gpus: free.slice(0, needed).map((slot) => slot.index) };
  const kind = anyProduct ? '' : `${[...new Set(products)].join(' or ')} `;
  return { kind: 'short', reason: `${free.length}/${fitting.length} ${kind}GPU slots free, needs ${needed}` };
}

/** Product names differ by driver and by who wrote them down: compared without case and separators, as a part. */
function isProduct(actual: string, wanted: string): boolean {
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return plain(actual).includes(plain(wanted));
}
