export * from './gateways.routes.ts';
