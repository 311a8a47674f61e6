import { type Handlers, pageOfAll } from '../../http/index.ts';
import type { KeyService } from './key-service.ts';

export function keyRoutes(keys: KeyService): Pick<Handlers, 'createKey' | 'listKeys' | 'revokeKey'> {
  return {
    createKey: async ({ body }, { caller }) => ({ body: await keys.create(body, caller) }),
    listKeys: async ({ query }) => ({ body: pageOfAll(await keys.list(query.project), query, ({ id }) => id) }),
    revokeKey: async ({ params, query }, { caller }) => ({
      body: await keys.revoke(query.project, params.name, caller),
    }),
  };
}
