export { createKubernetesCluster, type KubernetesClusterOptions } from './kubernetes/kubernetes-cluster.ts';
export type { LocalGpu } from './local/local-capacity.ts';
export { createLocalCluster, type LocalClusterOptions } from './local/local-cluster.ts';
export { stopLocalReplicas } from './local/stop-replicas.ts';
export { type ClusterKind, clusterKinds } from './registry.ts';
