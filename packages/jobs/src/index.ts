export * from './backend.ts';
export * from './catalogue.ts';
export * from './producer.ts';
export * from './runner.ts';
