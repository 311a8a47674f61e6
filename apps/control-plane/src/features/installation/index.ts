export * from './ensure-default-project.ts';
export * from './installation.routes.ts';
