export * from './routes.routes.ts';
