export * from './api-caller.ts';
export * as manifests from './manifests.ts';
export * from './start-test-api.ts';
