export type { LocalGpu } from './local/local-capacity.ts';
export { createLocalCluster, type LocalClusterOptions } from './local/local-cluster.ts';
export { stopLocalReplicas } from './local/stop-replicas.ts';
