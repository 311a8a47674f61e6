export { RolloutsController } from './rollouts-controller.ts';
export * from './rollouts-service.ts';
