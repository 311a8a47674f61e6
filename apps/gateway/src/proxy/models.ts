import { accessTo, type Caller } from '../admission/consumer-keys.ts';
import type { Route, RoutingTable } from '../routing/routing-table.ts';

/** The routes this caller may use, also those that nothing serves now: a model must not vanish while it is cold. */
export function listModels(table: RoutingTable, caller: Caller): string {
  const allowed = [...table.byName.values()].filter(({ facts }) => accessTo(facts, caller) === 'allowed');
  return JSON.stringify({
    object: 'list',
    data: allowed.flatMap((route) => namesOf(route).map((id) => modelOf(route, id))),
  });
}

export function showModel(route: Route, name: string): string {
  return JSON.stringify(modelOf(route, name));
}

/** The route's own, and with a colon behind it those of its engines' LoRA adapters. */
function namesOf({ facts, backends }: Route): readonly string[] {
  const replicas = backends.flatMap((backend) => backend.replicas);
  const adapters = new Set(replicas.flatMap((replica) => [...(replica.adapters ?? [])]));
  return [facts.name, ...[...adapters].sort().map((adapter) => `${facts.name}:${adapter}`)];
}

/** OpenAI's shape. Routes have no date of birth that would mean anything to a caller. */
function modelOf({ facts }: Route, id: string) {
  return { id, object: 'model', created: 0, owned_by: facts.project };
}
