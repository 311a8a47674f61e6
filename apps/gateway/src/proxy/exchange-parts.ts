import type { Deadlines } from '../deadlines.ts';
import type { Fleet } from '../routing/fleet.ts';
import type { Router } from '../routing/pick.ts';
import type { PromptHasher } from '../routing/prompt-blocks.ts';
import type { Route } from '../routing/routing-table.ts';
import type { RetryBudget } from './retry-budget.ts';

/** What all exchanges share. */
export interface ExchangeParts {
  fleet: Pick<Fleet, 'lease' | 'attempted' | 'silent'>;
  router: Pick<Router, 'pick'>;
  hasher: PromptHasher;
  deadlines: Deadlines;
  budget: RetryBudget;
  /** The route as the newest snapshot has it: a second try must not go where traffic may no longer go. */
  routeNow: (name: string) => Route | undefined;
  monotonicMs: () => number;
  retried: () => void;
}
