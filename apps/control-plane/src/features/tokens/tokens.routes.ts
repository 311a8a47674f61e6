import { type Handlers, pageOfAll } from '../../http/index.ts';
import type { TokenService } from './token-service.ts';

export function tokenRoutes(
  tokens: TokenService,
): Pick<Handlers, 'whoami' | 'createToken' | 'listTokens' | 'revokeToken'> {
  return {
    whoami: async (_request, { caller }) => ({ body: { id: caller.tokenId, name: caller.name, role: caller.role } }),
    createToken: async ({ body }, { caller }) => ({ body: await tokens.create(body, caller) }),
    listTokens: async ({ query }) => ({ body: pageOfAll(await tokens.list(), query, ({ name }) => name) }),
    revokeToken: async ({ params }, { caller }) => ({ body: await tokens.revoke(params.name, caller) }),
  };
}
