import { type Handlers, pageOfAll } from '../../http/index.ts';
import type { KeyService } from './key-service.ts';

/** `settled` resolves when gateways know of the change: whoever gets a key uses it at once. */
export function keyRoutes(
  keys: KeyService,
  settled: () => Promise<void>,
): Pick<Handlers, 'createKey' | 'listKeys' | 'revokeKey'> {
  return {
    createKey: async ({ body }, { caller }) => {
      const created = await keys.create(body, caller);
      await settled();
      return { body: created };
    },
    listKeys: async ({ query }) => ({ body: pageOfAll(await keys.list(query.project), query, ({ id }) => id) }),
    revokeKey: async ({ params, query }, { caller }) => {
      const revoked = await keys.revoke(query.project, params.name, caller);
      await settled();
      return { body: revoked };
    },
  };
}
