export * from './engine.ts';
export * from './registry.ts';
