import { type CorsRoute, preflightLines } from '../callers/cors/cors-policy.ts';
import type { Reply } from '../callers/reply.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { RoutingTable } from '../routing/routing-table.ts';
import { endpointOf } from './endpoints.ts';
import { headerIn } from './headers.ts';

/**
 * Answers a page that asks whether it may send a request. It shows no key and, where the body names the model, no
 * route: it may when any route allows its origin, and the answer to the request itself says whether its own does.
 * False: this is no such question, or the answer is no.
 */
export function answerPreflight(
  head: RequestHead,
  { id, reply }: { id: string; reply: Reply },
  table: RoutingTable | undefined,
): boolean {
  const { origin } = head;
  const method = headerIn(head.lines, 'access-control-request-method');
  if (head.method !== 'OPTIONS' || origin === undefined || method === undefined || table === undefined) return false;
  const headers = headerIn(head.lines, 'access-control-request-headers') ?? '';
  const routes = routesBehind(method, head.path, table);
  const lines = routes && preflightLines({ origin, method, headers }, routes);
  if (lines === undefined) return false;
  reply.start(204, `x-request-id: ${id}\r\n${lines}`, 0);
  reply.end();
  return true;
}

/** Whose word counts for that request; undefined when there is no such request. */
function routesBehind(method: string, path: string, table: RoutingTable): readonly CorsRoute[] | undefined {
  const endpoint = endpointOf(method, path);
  switch (endpoint.kind) {
    case 'unknown':
    case 'methodNotAllowed':
      return undefined;
    case 'byPath':
    case 'showModel': {
      const route = table.byName.get(endpoint.name);
      return route === undefined ? table.corsRoutes : [route.facts];
    }
    default:
      return table.corsRoutes;
  }
}
