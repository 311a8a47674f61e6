export * from './envelope.ts';
export * from './installation-kinds.ts';
export * from './label-selector.ts';
export * from './models.ts';
export * from './remove/find-object.ts';
export * from './remove/remove.routes.ts';
export * from './remove/remove-object.ts';
export * from './select-page.ts';
