export * from './admin-server.ts';
export * from './clock.ts';
export * from './define-env.ts';
export * from './logger.ts';
export * from './metrics.ts';
export * from './random.ts';
export * from './secret.ts';
export * from './shutdown.ts';
