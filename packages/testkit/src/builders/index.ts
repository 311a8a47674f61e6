export * from './fleet.ts';
export * from './instants.ts';
export * from './revision-counts.ts';
export * from './rollout.ts';
export * from './simulated-fleet.ts';
export * from './simulated-rollout.ts';
