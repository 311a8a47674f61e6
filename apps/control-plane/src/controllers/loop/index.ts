export * from './controller.ts';
export * from './deployment-loop.ts';
export * from './outcome.ts';
export * from './resync.ts';
export * from './unsettled-deployments.ts';
