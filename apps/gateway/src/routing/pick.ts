import { REPLICA_FILTERS, type ReplicaFilter, type RevisionChoice } from '@signalbox/domain';
import { anyRequest, type Filter, type Picker, type PickRequest } from './candidates.ts';
import { chooseRevision, chooseStickyRevision } from './choose-revision.ts';
import type { Decisions } from './decisions.ts';
import { admitted } from './filters/admitted.ts';
import { belowLimit } from './filters/below-limit.ts';
import { fitsContext } from './filters/fits-context.ts';
import { hasAdapter } from './filters/has-adapter.ts';
import { notEjected } from './filters/not-ejected.ts';
import { serving } from './filters/serving.ts';
import { bestScore } from './pickers/best-score.ts';
import type { PrefixIndex } from './prefix-index.ts';
import { type BlockSeed, blockSeed } from './prompt-blocks.ts';
import type { Replica } from './replica.ts';
import type { Backend, Route } from './routing-table.ts';
import { Scoring } from './scoring.ts';

export interface Pick {
  readonly backend: Backend;
  readonly replica: Replica;
  /** What the replica has to read of the prompt: an estimate, for `Fleet.lease`. */
  readonly uncachedTokens: number;
}

/** What one attempt learned and the next must respect. */
export interface PickOptions {
  /** Replicas that failed this request already. */
  readonly tried?: readonly Replica[];
  /** Try this revision before the split is asked: a failed canary's request goes to the stable revision. */
  readonly prefer?: Backend | undefined;
  /** Remember under this id why the replica was picked. */
  readonly requestId?: string;
}

/**
 * From the best replicas to the last resort; the first tier that has any serves. Ejected and never reached replicas
 * are the last: when all look dead, the gateway is as likely to be wrong as they are, and an attempt costs nothing.
 * Each tier holds replicas to so many of the filters.
 */
const filtersOfTiers: readonly number[] = [5, 4, 3, 1];
/** No tier goes without these. */
const musts = ['tried', 'notKeeper', 'hasAdapter'] as const;
type Must = (typeof musts)[number];
const filterOf: Record<Exclude<ReplicaFilter, Must>, Filter> = {
  serving,
  admitted,
  notEjected,
  fitsContext,
  belowLimit,
};
const filters: readonly Filter[] = REPLICA_FILTERS.flatMap((name) => (isMust(name) ? [] : [filterOf[name]]));
const triedAlready = REPLICA_FILTERS.indexOf('tried');
const notKeeper = REPLICA_FILTERS.indexOf('notKeeper');
const lacksAdapter = REPLICA_FILTERS.indexOf('hasAdapter');
const fits = -1;
/** Of these a revision must have a replica to be chosen. A full one counts: limits do not bend the split. */
const tiersOfRevisions: readonly number[] = [1, 2, 3];
const picker: Picker = bestScore;
const noneTried: readonly Replica[] = [];

/** Chooses revision and replica for each attempt. Synchronous; what it works with is used again for the next one. */
export class Router {
  readonly #index: PrefixIndex;
  readonly #scoring: Scoring;
  readonly #decisions: Decisions;
  readonly #now: () => number;
  readonly #candidates: Replica[] = [];
  /** Their places among the backend's replicas. */
  readonly #places: number[] = [];
  /** Places of the others, and which filter each failed. */
  readonly #filtered: number[] = [];
  readonly #field = { candidates: this.#places, filtered: this.#filtered };
  #revisionBy: RevisionChoice = 'split';
  // What `#mayServe` goes by: one function for all picks, where a new one for each would be garbage.
  #request = anyRequest;
  #tried = noneTried;
  #tier = 0;

  constructor(parts: { index: PrefixIndex; decisions: Decisions; now: () => number }) {
    this.#index = parts.index;
    this.#scoring = new Scoring(parts.index);
    this.#decisions = parts.decisions;
    this.#now = parts.now;
  }

  /** Takes the request's prompt for sent to the replica it returns. Counts nothing else: see `Fleet.lease`. */
  pick(route: Route, request: PickRequest = anyRequest, options: PickOptions = {}): Pick | undefined {
    this.#request = request;
    this.#tried = options.tried ?? noneTried;
    // Only requests that the split decides take a ticket: if each failed canary request, or each pinned one, left one
    // out, the split would drift.
    const isSplit = options.tried === undefined && !isAssigned(request);
    const ticket = isSplit ? route.tickets.next++ : route.tickets.next;
    // First whoever is usable, in the split's proportion; when nobody is, whoever serves at all.
    for (const tier of tiersOfRevisions) {
      this.#tier = tier;
      const backend = this.#chooseBackend(route, request, options, ticket);
      if (backend !== undefined) return this.#pickReplica(route, backend, request, options.requestId);
    }
    return undefined;
  }

  #chooseBackend({ backends }: Route, request: PickRequest, { prefer }: PickOptions, ticket: number) {
    const { pinnedRevisionId, stickyHash, keeperHash } = request;
    this.#revisionBy = 'keeper';
    // Whatever the split, a pin or another's failure would say.
    if (keeperHash !== undefined) return backends.find(this.#mayServe);
    this.#revisionBy = 'pin';
    if (pinnedRevisionId !== undefined)
      return backends.find((backend) => backend.revisionId === pinnedRevisionId && this.#mayServe(backend));
    this.#revisionBy = 'rescue';
    if (prefer !== undefined && this.#mayServe(prefer)) return prefer;
    this.#revisionBy = 'sticky';
    if (stickyHash !== undefined && stickyHash !== null)
      return chooseStickyRevision(backends, stickyHash, this.#mayServe);
    this.#revisionBy = 'split';
    return chooseRevision(backends, ticket, this.#mayServe);
  }

  readonly #mayServe = (backend: Backend): boolean => {
    for (const replica of backend.replicas) if (this.#failing(replica, backend, this.#tier) === fits) return true;
    return false;
  };

  #pickReplica(route: Route, backend: Backend, request: PickRequest, requestId: string | undefined): Pick | undefined {
    const candidates = this.#candidates;
    for (let tier = 0; tier < filtersOfTiers.length; tier++) {
      this.#gather(backend, tier);
      if (candidates.length === 0) continue;
      const now = this.#now();
      const model = modelOf(backend, request);
      this.#scoring.score(route.scorerWeights, model, candidates, request, now);
      const replica = picker(candidates, this.#scoring.totals, backend.turns.next++);
      if (replica === undefined) return undefined;
      if (request.blocks !== undefined && replica.slot !== undefined)
        this.#index.insert(request.blocks, model, replica.slot);
      const uncached = this.#scoring.uncachedTokens[candidates.indexOf(replica)] as number;
      if (requestId !== undefined) this.#remember(requestId, route, { backend, replica, tier });
      return { backend, replica, uncachedTokens: Math.ceil(uncached) };
    }
    return undefined;
  }

  #remember(requestId: string, route: Route, made: { backend: Backend; replica: Replica; tier: number }): void {
    const { backend, replica, tier } = made;
    const decision = { backend, replica, tier, revisionBy: this.#revisionBy, weights: route.scorerWeights };
    this.#decisions.add(requestId, decision, this.#field, this.#scoring);
  }

  #gather(backend: Backend, tier: number): void {
    this.#candidates.length = 0;
    this.#places.length = 0;
    this.#filtered.length = 0;
    for (let place = 0; place < backend.replicas.length; place++) {
      const replica = backend.replicas[place] as Replica;
      const failing = this.#failing(replica, backend, tier);
      if (failing !== fits) {
        this.#filtered.push(place * REPLICA_FILTERS.length + failing);
        continue;
      }
      this.#candidates.push(replica);
      this.#places.push(place);
    }
  }

  /** The first filter that the replica does not pass. */
  #failing(replica: Replica, backend: Backend, tier: number): number {
    if (this.#tried.includes(replica)) return triedAlready;
    const request = this.#request;
    const { keeperHash, adapter } = request;
    if (adapter !== undefined && !hasAdapter(replica, backend.facts, request)) return lacksAdapter;
    if (keeperHash !== undefined && replica.idHash !== keeperHash) return notKeeper;
    const count = filtersOfTiers[tier] as number;
    for (let at = 0; at < count; at++) if (!(filters[at] as Filter)(replica, backend.facts, request)) return at;
    return fits;
  }
}

/** What a cache of prompts belongs to. */
function modelOf({ model, facts }: Backend, { adapter }: PickRequest): BlockSeed {
  return adapter === undefined ? model : blockSeed(`${facts.servedModelName}:${adapter}`);
}

function isMust(name: ReplicaFilter): name is Must {
  return (musts as readonly string[]).includes(name);
}

/** The revision that most traffic goes to: where requests are rescued to. */
export function largestShare(route: Route): Backend | undefined {
  let largest: Backend | undefined;
  for (const backend of route.backends) if (backend.weight > (largest?.weight ?? 0)) largest = backend;
  return largest;
}

function isAssigned({ pinnedRevisionId, stickyHash, keeperHash }: PickRequest): boolean {
  return (
    pinnedRevisionId !== undefined || keeperHash !== undefined || (stickyHash !== undefined && stickyHash !== null)
  );
}
