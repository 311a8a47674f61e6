export * from './demand.ts';
export * from './sample-demand.ts';
export * from './scaling-controller.ts';
