import { findEngine } from '@signalbox/engines';
import type { Renaming } from '../dialects/dialect.ts';
import { type NameInFrames, nameInFrames } from '../dialects/streams/frame-rule.ts';
import type { PickRequest } from '../routing/candidates.ts';
import type { Backend, Route } from '../routing/routing-table.ts';

interface Named {
  readonly route: Route;
  readonly pick: PickRequest;
}

/** How an engine names what was asked for: its model, or one of its LoRA adapters. */
export function servedName({ facts }: Backend, adapter: string | undefined): string {
  if (adapter === undefined) return facts.servedModelName;
  return findEngine(facts.engine)?.adapters?.modelName(facts.servedModelName, adapter) ?? adapter;
}

/** The engine's name for it and the caller's, which is `route` or `route:adapter`. */
export function renamingOf({ route, pick: { adapter } }: Named, backend: Backend): Renaming {
  const { name } = route.facts;
  return { served: servedName(backend, adapter), public: adapter === undefined ? name : `${name}:${adapter}` };
}

/** What answers are edited with so that they name the model as the caller did; undefined where they do already. */
export function namingOf(asked: Named, backend: Backend): NameInFrames | undefined {
  if (asked.pick.adapter === undefined) return backend.naming;
  return nameInFrames(renamingOf(asked, backend), 'model');
}
