/** Scorers of the gateway that a route can give weights. */
export const SCORER_NAMES = ['prefixAffinity', 'outstandingTokens', 'kvUse', 'queue', 'session', 'adapter'] as const;
export type ScorerName = (typeof SCORER_NAMES)[number];
