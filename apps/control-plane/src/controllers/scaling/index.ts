export * from './demand.ts';
export * from './sample-demand.ts';
export * from './scale-watch.ts';
export * from './scaling-controller.ts';
