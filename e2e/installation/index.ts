export * from './deployed.ts';
export * from './installation.ts';
export * from './load.ts';
export * from './manifests.ts';
export * from './process.ts';
export * from './until.ts';
