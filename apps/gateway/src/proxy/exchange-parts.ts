import type { Deadlines } from '../deadlines.ts';
import type { AttemptOutcome } from '../observe/observers.ts';
import type { Fleet } from '../routing/fleet.ts';
import type { Pick, Router } from '../routing/pick.ts';
import type { Route } from '../routing/routing-table.ts';
import type { Failure } from '../upstream/failure.ts';
import type { RoutedCall } from './call.ts';
import type { CallerError } from './caller-error.ts';
import type { RetryBudget } from './retry-budget.ts';

/** What all exchanges share. */
export interface ExchangeParts {
  fleet: { lease: Fleet['lease']; attempted: Fleet['attempted'] };
  router: { pick: Router['pick'] };
  deadlines: Deadlines;
  budget: RetryBudget;
  /** The route as the newest snapshot has it: a second try must not go where traffic may no longer go. */
  routeNow: (name: string) => Route | undefined;
  monotonicMs: () => number;
  answerError: (call: RoutedCall, error: CallerError) => void;
  retried: () => void;
  ended: (call: RoutedCall, summary: ExchangeSummary) => void;
}

/** What is known of a call when it is over. */
export interface ExchangeSummary {
  outcome: AttemptOutcome | 'unserved';
  status: number;
  attempts: number;
  pick: Pick | undefined;
  firstByteMs: number | null;
  bytesOut: number;
  outputTokens: number;
  failures: readonly Failure[];
}
