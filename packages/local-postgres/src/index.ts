export * from './load-embedded-postgres.ts';
export * from './reachable.ts';
