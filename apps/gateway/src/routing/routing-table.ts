import type { Snapshot, SnapshotBackend, SnapshotLimit, SnapshotRoute } from '@signalbox/domain';
import type { Bucket } from '../admission/limits/bucket.ts';
import { RouteGate } from '../admission/route-gate.ts';
import { type NameInFrames, nameInFrames } from '../dialects/streams/frame-rule.ts';
import type { RevisionObserver, RouteObserver, ShadowObserver } from '../observe/observers.ts';
import { type ShadowTarget, shadowTarget } from '../shadow/shadow-target.ts';
import type { Share } from './choose-revision.ts';
import { type BlockSeed, blockSeed } from './prompt-blocks.ts';
import type { Replica } from './replica.ts';
import { type Weights, weightsOf } from './scoring.ts';

/** One revision behind a route, with its live replicas. */
export interface Backend extends Share {
  readonly facts: SnapshotBackend;
  /** `deployment/number`. */
  readonly name: string;
  readonly replicas: readonly Replica[];
  readonly observer: RevisionObserver;
  /** How its engine names the model in event frames, where callers know it by another name. */
  readonly naming: NameInFrames | undefined;
  /** Keeps the prompts of its model apart from other models' in the prefix index. */
  readonly model: BlockSeed;
  /** Breaks ties between its replicas. Apart from the route's tickets, with which it would beat. */
  readonly turns: { next: number };
}

export interface Route {
  readonly facts: SnapshotRoute;
  readonly backends: readonly Backend[];
  readonly observer: RouteObserver;
  /** Its limits, queue and estimates, carried over from table to table. */
  readonly gate: RouteGate;
  /** How much each scorer counts. */
  readonly scorerWeights: Weights;
  readonly shadow?: ShadowTarget<Backend> | undefined;
  /** Numbers the requests of this route; carried over from table to table. */
  readonly tickets: { next: number };
}

/** Everything a request looks up, made aside from a snapshot and swapped in with one assignment. */
export interface RoutingTable {
  readonly byName: ReadonlyMap<string, Route>;
  readonly hasOpenRoute: boolean;
  /** Those that pages of other origins may call. */
  readonly corsRoutes: readonly SnapshotRoute[];
}

export const emptyTable: RoutingTable = { byName: new Map(), hasOpenRoute: false, corsRoutes: [] };

export function buildRoutingTable(
  snapshot: Snapshot,
  parts: {
    replica: (id: string) => Replica | undefined;
    observeRoute: (route: SnapshotRoute) => RouteObserver;
    observeRevision: (route: SnapshotRoute, backend: SnapshotBackend) => RevisionObserver;
    observeShadow: (route: SnapshotRoute, backend: SnapshotBackend) => ShadowObserver;
    bucketsOf: (limits: readonly SnapshotLimit[] | undefined) => readonly Bucket[];
    former: RoutingTable;
  },
): RoutingTable {
  const byName = new Map<string, Route>();
  for (const facts of snapshot.routes) {
    const weights = new Map(facts.split.map(({ revisionId, weight }) => [revisionId, weight]));
    const backends = facts.backends.map((backend) => ({
      facts: backend,
      name: `${backend.deployment}/${backend.revision}`,
      revisionId: backend.revisionId,
      weight: weights.get(backend.revisionId) ?? 0,
      replicas: backend.replicas.flatMap(({ id }) => parts.replica(id) ?? []),
      observer: parts.observeRevision(facts, backend),
      naming: nameInFrames({ served: backend.servedModelName, public: facts.name }, 'model'),
      model: blockSeed(backend.servedModelName),
      turns: { next: 0 },
    }));
    const former = parts.former.byName.get(facts.name);
    const route: Route = {
      facts,
      backends,
      scorerWeights: weightsOf(facts.routing),
      shadow: shadowTarget(facts, backends, {
        copies: former?.shadow?.copies,
        observe: (backend) => parts.observeShadow(facts, backend.facts),
      }),
      tickets: former?.tickets ?? { next: 0 },
      gate: former?.facts.project === facts.project ? former.gate : new RouteGate(facts.project),
      observer: parts.observeRoute(facts),
    };
    route.gate.update(route, parts.bucketsOf);
    byName.set(facts.name, route);
  }
  return {
    byName,
    hasOpenRoute: snapshot.routes.some((route) => route.access === 'open'),
    corsRoutes: snapshot.routes.filter(({ cors }) => cors !== undefined && cors !== null),
  };
}
