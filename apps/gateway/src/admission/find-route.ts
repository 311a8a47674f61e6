import type { CallerError } from '../dialects/errors/caller-error.ts';
import { callerErrors } from '../proxy/caller-error.ts';
import { anyRequest } from '../routing/candidates.ts';
import { hasAdapter } from '../routing/filters/has-adapter.ts';
import type { Route, RoutingTable } from '../routing/routing-table.ts';
import { accessTo, type Caller } from './consumer-keys.ts';

export type RouteFound = { kind: 'found'; route: Route; adapter?: string } | { kind: 'refused'; error: CallerError };

/**
 * The route by its public name, if this caller may use it. `route:adapter` is a LoRA adapter of an engine behind it: who
 * may call the route may call those.
 */
export function findRoute(name: string, table: RoutingTable, caller: Caller): RouteFound {
  const colon = table.byName.has(name) ? -1 : name.indexOf(':');
  const adapter = colon < 0 ? undefined : name.slice(colon + 1);
  const route = table.byName.get(colon < 0 ? name : name.slice(0, colon));
  // With a wrong key, the key is the problem; without one, an unknown name is just that, as on any open API.
  if (route === undefined)
    return refused(caller.kind === 'unknown' ? keyError(caller) : callerErrors.modelNotFound(name));
  const access = accessTo(route.facts, caller);
  if (access === 'allowed') {
    if (adapter === undefined) return { kind: 'found', route };
    return mayHave(route, adapter) ? { kind: 'found', route, adapter } : refused(callerErrors.modelNotFound(name));
  }
  if (access === 'unauthenticated') return refused(keyError(caller));
  return refused(access === 'forbidden' ? callerErrors.forbidden(name) : callerErrors.modelNotFound(name));
}

/** Also while no replica runs, or one has not said yet what it has. */
function mayHave({ backends }: Route, adapter: string): boolean {
  const request = { ...anyRequest, adapter };
  return (
    backends.every(({ replicas }) => replicas.length === 0) ||
    backends.some(({ replicas, facts }) => replicas.some((replica) => hasAdapter(replica, facts, request)))
  );
}

/** A route that this caller may use and that the replica serves. */
export function findKeeper(keeperHash: number, table: RoutingTable, caller: Caller): Route | undefined {
  for (const route of table.byName.values()) {
    if (accessTo(route.facts, caller) !== 'allowed') continue;
    if (route.backends.some(({ replicas }) => replicas.some(({ idHash }) => idHash === keeperHash))) return route;
  }
  return undefined;
}

export function keyError(caller: Caller): CallerError {
  return caller.kind === 'anonymous' ? callerErrors.keyMissing() : callerErrors.keyUnknown();
}

function refused(error: CallerError): RouteFound {
  return { kind: 'refused', error };
}
