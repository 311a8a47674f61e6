export * from './acknowledgements.ts';
export * from './gateway-operations.ts';
export * from './gateway-reports.ts';
export * from './publisher.ts';
export * from './snapshot-streams.ts';
