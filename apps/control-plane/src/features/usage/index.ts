export * from './forget-usage.ts';
export * from './usage.routes.ts';
