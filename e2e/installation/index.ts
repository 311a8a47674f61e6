export * from './installation.ts';
export * from './manifests.ts';
export * from './until.ts';
