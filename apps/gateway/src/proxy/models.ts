import { accessTo, type Caller } from '../admission/consumer-keys.ts';
import type { Route, RoutingTable } from '../routing/routing-table.ts';

/** The routes this caller may use, also those that nothing serves now: a model must not vanish while it is cold. */
export function listModels(table: RoutingTable, caller: Caller): string {
  const allowed = [...table.byName.values()].filter(({ facts }) => accessTo(facts, caller) === 'allowed');
  return JSON.stringify({ object: 'list', data: allowed.map(modelOf) });
}

export function showModel(route: Route): string {
  return JSON.stringify(modelOf(route));
}

/** OpenAI's shape. Routes have no date of birth that would mean anything to a caller. */
function modelOf({ facts }: Route) {
  return { id: facts.name, object: 'model', created: 0, owned_by: facts.project };
}
