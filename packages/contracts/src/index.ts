export * from './api/index.ts';
export * from './canonical-json.ts';
export * from './gateway-report.ts';
export * from './manifest/index.ts';
export * from './snapshot.ts';
