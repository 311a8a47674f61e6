export * from './hash-folder.ts';
export * from './pin-source.ts';
export * from './source-resolver.ts';
