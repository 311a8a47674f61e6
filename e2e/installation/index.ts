export * from './installation.ts';
export * from './manifests.ts';
export { freePort } from './process.ts';
export * from './until.ts';
