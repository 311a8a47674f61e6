export * from './deployment-world.ts';
export * from './load-world.ts';
