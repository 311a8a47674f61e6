import type { Handlers } from '../../http/index.ts';
import type { ApplyService } from './apply-service.ts';

export function applyRoutes(service: ApplyService): Pick<Handlers, 'apply'> {
  return { apply: async ({ body }, { caller }) => ({ body: await service.apply(body, caller) }) };
}
