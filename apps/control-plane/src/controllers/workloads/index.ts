export * from './prover.ts';
export * from './workloads-controller.ts';
