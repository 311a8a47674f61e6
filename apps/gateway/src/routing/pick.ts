import type { Filter, Picker, Scorer } from './candidates.ts';
import { chooseRevision } from './choose-revision.ts';
import { admitted } from './filters/admitted.ts';
import { belowLimit } from './filters/below-limit.ts';
import { notEjected } from './filters/not-ejected.ts';
import { serving } from './filters/serving.ts';
import { bestScore } from './pickers/best-score.ts';
import type { Replica } from './replica.ts';
import type { Backend, Route } from './routing-table.ts';
import { outstandingWork } from './scorers/outstanding-work.ts';

export interface Pick {
  readonly backend: Backend;
  readonly replica: Replica;
}

/** What one attempt learned and the next must respect. */
export interface PickOptions {
  /** Replicas that failed this request already. */
  readonly tried?: readonly Replica[];
  /** Try this revision before the split is asked: a failed canary's request goes to the stable revision. */
  readonly prefer?: Backend | undefined;
}

/**
 * From the best replicas to the last resort; the first tier that has any serves. Ejected and never reached replicas
 * are the last: when all look dead, the gateway is as likely to be wrong as they are, and an attempt costs nothing.
 */
const tiers: readonly (readonly Filter[])[] = [
  [serving, admitted, notEjected, belowLimit],
  [serving, admitted, notEjected],
  [serving],
];
const usableTier = 1;
const lastTier = tiers.length - 1;
const scorers: readonly { scorer: Scorer; weight: number }[] = [{ scorer: outstandingWork, weight: 1 }];
const picker: Picker = bestScore;

/** Chooses revision and replica for one attempt. Counts nothing: see `Fleet.lease`. */
export function pick(route: Route, options: PickOptions = {}): Pick | undefined {
  // A retry takes no ticket: after each failed canary request one would be skipped, and the split would drift.
  const ticket = options.tried === undefined ? route.tickets.next++ : route.tickets.next;
  const tried = options.tried ?? [];
  // First whoever is usable, in the split's proportion; when nobody is, whoever serves at all.
  for (const tier of [usableTier, lastTier]) {
    const has = (backend: Backend): boolean => backend.replicas.some((replica) => fits(replica, backend, tier, tried));
    const preferred = options.prefer !== undefined && has(options.prefer) ? options.prefer : undefined;
    const backend = preferred ?? chooseRevision(route.backends, ticket, has);
    if (backend === undefined) continue;
    const replica = pickReplica(backend, tried);
    if (replica !== undefined) return { backend, replica };
  }
  return undefined;
}

/** The revision that most traffic goes to: where requests are rescued to. */
export function largestShare(route: Route): Backend | undefined {
  let largest: Backend | undefined;
  for (const backend of route.backends) if (backend.weight > (largest?.weight ?? 0)) largest = backend;
  return largest;
}

function pickReplica(backend: Backend, tried: readonly Replica[]): Replica | undefined {
  for (let tier = 0; tier < tiers.length; tier++) {
    const candidates = backend.replicas.filter((replica) => fits(replica, backend, tier, tried));
    if (candidates.length === 0) continue;
    if (candidates.length === 1) return candidates[0];
    return picker(
      candidates,
      candidates.map((replica) =>
        scorers.reduce((sum, { scorer, weight }) => sum + weight * scorer(replica, candidates), 0),
      ),
      backend.turns.next++,
    );
  }
  return undefined;
}

function fits(replica: Replica, backend: Backend, tier: number, tried: readonly Replica[]): boolean {
  if (tried.includes(replica)) return false;
  for (const filter of tiers[tier] ?? []) if (!filter(replica, backend.facts)) return false;
  return true;
}
