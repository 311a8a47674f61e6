/**
 * What chose the revision: the split's weights, the same for a caller that is kept, a header, that another failed, or
 * that one of its replicas keeps what the request goes on from.
 */
export const REVISION_CHOICES = ['split', 'sticky', 'pin', 'rescue', 'keeper'] as const;
export type RevisionChoice = (typeof REVISION_CHOICES)[number];

/**
 * Filters in their order, and what each asks of a replica. `tried`: this request has failed there already. `notKeeper`:
 * it goes on from what another replica keeps. Where too few pass, the last ones up to `belowLimit` are left out: see
 * `tier`.
 */
export const REPLICA_FILTERS = [
  'serving',
  'admitted',
  'notEjected',
  'fitsContext',
  'belowLimit',
  'tried',
  'notKeeper',
  'hasAdapter',
] as const;
export type ReplicaFilter = (typeof REPLICA_FILTERS)[number];

/** Why one attempt of a request went where it went. */
export interface RoutingDecision {
  deployment: string;
  revision: number;
  revisionBy: RevisionChoice;
  replicaId: string;
  /**
   * 0: the replica passed all filters. 1: all that passed are full. 2: nor is the request sure to fit. 3: nor do they
   * work as far as the gateway knows, so that any that serves was tried.
   */
  tier: number;
  /** How much each scorer counted. */
  scorers: readonly { name: string; weight: number }[];
  /** Best first; of very many the best. `scores`: from 0 to 1, in the order of the scorers. */
  candidates: readonly { replicaId: string; total: number; uncachedTokens: number; scores: readonly number[] }[];
  /** Replicas of the revision that did not compete, each with the first filter that it failed. */
  filtered: readonly { replicaId: string; by: ReplicaFilter }[];
  /** Candidates and filtered replicas that are not listed. */
  unlisted: number;
}
