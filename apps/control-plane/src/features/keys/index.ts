export * from './key-service.ts';
export * from './keys.routes.ts';
