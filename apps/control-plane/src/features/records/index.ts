export * from './change-feed.ts';
export * from './forget-old-records.ts';
export * from './ledger-service.ts';
export * from './records.routes.ts';
