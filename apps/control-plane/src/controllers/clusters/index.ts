export * from './cluster-registry.ts';
export * from './cluster-watch.ts';
