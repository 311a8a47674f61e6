/** Where replicas may run: the pools of a deployment, rendered for the cluster that holds them. */
export interface PlacementSpec {
  pools: readonly PoolSelector[];
  /** Spread replicas over nodes where that is possible, or fill nodes one by one. */
  spread: 'node' | 'none';
}

export interface PoolSelector {
  pool: string;
  gpuProduct: string | null;
  nodeSelector: Readonly<Record<string, string>>;
  tolerations: readonly Toleration[];
}

export interface Toleration {
  key: string;
  operator: 'Exists' | 'Equal';
  value?: string;
  effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}
