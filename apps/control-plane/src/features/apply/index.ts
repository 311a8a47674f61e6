export * from './apply.routes.ts';
export * from './apply-service.ts';
