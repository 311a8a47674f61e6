export * from './explain.ts';
export * from './explain-world.ts';
