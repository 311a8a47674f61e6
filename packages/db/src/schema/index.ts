export * from './deployments.ts';
export * from './identity.ts';
export * from './installation.ts';
export * from './models.ts';
export * from './records.ts';
export * from './replicas.ts';
export * from './rollouts.ts';
export * from './scale.ts';
