import type { ClusterRow, ClusterStatus, Pool } from '@signalbox/db';
import type { NodeCapacity } from '@signalbox/domain';
import { iso } from '../instants.ts';
import { envelope } from './envelope.ts';

export function clusterView(row: ClusterRow, status: ClusterStatus | undefined) {
  return envelope('Cluster', row, null, {
    reachable: status?.reachable ?? null,
    since: status === undefined ? null : iso(status.since),
    message: status?.message ?? null,
    observedAt: status === undefined ? null : iso(status.observedAt),
    nodes: (status?.capacity ?? []).map(({ node, gpuProduct, gpus, ready }) => ({ node, gpuProduct, gpus, ready })),
  });
}

export function poolView(row: Pool, status: ClusterStatus | undefined) {
  const nodes = status?.capacity.filter((node) => isInPool(node, row));
  const sum = (part: 'total' | 'free') => (nodes ?? []).reduce((total, { gpus }) => total + gpus[part], 0);
  return envelope('Pool', row, null, {
    nodes: nodes?.length ?? null,
    gpus: nodes === undefined ? null : { total: sum('total'), free: sum('free') },
  });
}

function isInPool({ labels, gpuProduct }: NodeCapacity, { spec }: Pool): boolean {
  if (spec.gpuProduct !== null && spec.gpuProduct !== gpuProduct) return false;
  return Object.entries(spec.nodeSelector).every(([key, value]) => labels[key] === value);
}
