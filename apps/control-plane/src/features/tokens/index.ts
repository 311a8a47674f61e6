export * from './ensure-bootstrap-token.ts';
export * from './token-service.ts';
export * from './tokens.routes.ts';
