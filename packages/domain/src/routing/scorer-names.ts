/** Scorers of the gateway that a route can give weights. */
export const SCORER_NAMES = ['prefixAffinity', 'outstandingTokens', 'kvUse', 'queue', 'session'] as const;
export type ScorerName = (typeof SCORER_NAMES)[number];
