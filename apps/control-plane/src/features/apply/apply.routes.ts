import type { Handlers } from '../../http/index.ts';
import { ApplyService, type ApplyServiceDeps } from './apply-service.ts';

export function applyRoutes(deps: ApplyServiceDeps): Pick<Handlers, 'apply'> {
  const service = new ApplyService(deps);
  return { apply: async ({ body }, { caller }) => ({ body: await service.apply(body, caller) }) };
}
