export * from './cluster-registry.ts';
export * from './cluster-watch.ts';
export * from './save-cluster-status.ts';
