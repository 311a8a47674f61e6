import type { PoolSelector, Toleration, Workload } from '@signalbox/domain';
import type { PodSpec } from './api-types.ts';

type Placement = Pick<PodSpec, 'affinity' | 'tolerations' | 'topologySpreadConstraints'>;

const productLabels: Readonly<Record<string, string>> = {
  'nvidia.com/gpu': 'nvidia.com/gpu.product',
  'amd.com/gpu': 'amd.com/gpu.product-name',
};

/** Any of the workload's pools will do: one node-affinity term per pool, which Kubernetes ORs. */
export function renderPlacement(workload: Workload, selector: Record<string, string>): Placement {
  const { placement, spec } = workload;
  const terms = placement.pools.map((pool) => poolTerm(pool, spec.accelerator.resource));
  // A term without expressions matches no node at all, so a pool that is everywhere means no affinity.
  const anywhere = terms.length === 0 || terms.some((term) => term.matchExpressions.length === 0);
  const tolerations = uniqueTolerations([
    ...(spec.accelerator.count === 0
      ? []
      : [{ key: spec.accelerator.resource, operator: 'Exists', effect: 'NoSchedule' } as const]),
    ...placement.pools.flatMap((pool) => pool.tolerations),
  ]);
  return {
    ...(anywhere
      ? {}
      : {
          affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
        }),
    ...(tolerations.length === 0 ? {} : { tolerations }),
    ...(placement.spread === 'none'
      ? {}
      : {
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              // Wished for, not demanded: two replicas on one node are better than one.
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: selector },
            },
          ],
        }),
  };
}

function poolTerm(pool: PoolSelector, resource: string) {
  const product =
    pool.gpuProduct === null ? {} : { [productLabels[resource] ?? 'nvidia.com/gpu.product']: pool.gpuProduct };
  const wanted = Object.entries({ ...product, ...pool.nodeSelector }).sort(([a], [b]) => (a < b ? -1 : 1));
  return { matchExpressions: wanted.map(([key, value]) => ({ key, operator: 'In', values: [value] })) };
}

function uniqueTolerations(tolerations: readonly Toleration[]): Toleration[] {
  return [
    ...new Map(
      tolerations.map((each) => [JSON.stringify([each.key, each.operator, each.value, each.effect]), each]),
    ).values(),
  ];
}
