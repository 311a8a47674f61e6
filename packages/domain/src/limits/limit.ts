/** What a limit bounds. Tokens are input and output together; concurrency is a level, all else a rate. */
export const LIMITED_QUANTITIES = ['requests', 'inputTokens', 'outputTokens', 'tokens', 'concurrency'] as const;
export type LimitedQuantity = (typeof LIMITED_QUANTITIES)[number];

/** One bound as users write it: on a key, a project or a route. */
export type LimitSpec =
  | { of: Exclude<LimitedQuantity, 'concurrency'>; per: 'minute' | 'day'; amount: number }
  | { of: 'concurrency'; per: null; amount: number };

/**
 * Who goes first when not all can. `critical` is served before `standard`, and `batch` only on what is left; inside
 * a class tenants share by tokens, in proportion to their weights.
 */
export const PRIORITY_CLASSES = ['critical', 'standard', 'batch'] as const;
export type PriorityClass = (typeof PRIORITY_CLASSES)[number];
