export * from './authenticate.ts';
export * from './caller.ts';
export * from './create-app.ts';
export * from './event-stream.ts';
export * from './handlers.ts';
export * from './idempotency.ts';
export * from './listen.ts';
export * from './paging.ts';
