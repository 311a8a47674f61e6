export * from './free-port.ts';
export * from './load-embedded-postgres.ts';
export * from './reachable.ts';
