import type { RevisionId } from '../identity/ids.ts';

/** Weights in basis points; they sum to 10 000, or the split is empty and nothing is served. */
export type TrafficSplit = readonly { revisionId: RevisionId; weight: number }[];

export const WHOLE = 10_000;

/**
 * - `stable`: carries the traffic that no rollout has taken over
 * - `candidate`: what a rollout moves traffic to
 * - `warm`: served before, kept running so that a rollback needs no start
 * - `retiring`: drains, then goes
 */
export type RevisionRole = 'stable' | 'candidate' | 'warm' | 'retiring';

/**
 * What a replica may take. `none` → `admitting` once a generation came back → `serving` once every live gateway has
 * admitted it → `draining` when it is to go → `drained` when no gateway has a request on it, or its bound has passed.
 */
export type ReplicaTraffic = 'none' | 'admitting' | 'serving' | 'draining' | 'drained';
