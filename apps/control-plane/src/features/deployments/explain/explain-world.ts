import type { ApiResponse } from '@signalbox/contracts';
import type { ExplainInputs, Gateway, Route } from '@signalbox/db';
import type { Instant } from '@signalbox/domain';

/** Everything the answer is made from, read in one go. */
export interface ExplainWorld extends ExplainInputs {
  routes: readonly Pick<Route, 'name' | 'model'>[];
  gateways: readonly Gateway[];
  /** Number of the newest snapshot. */
  newest: { epoch: number; number: number };
  clusterName: string;
  /** Last lines of replicas that are in trouble, by replica id; absent where they could not be had. */
  logs: ReadonlyMap<string, readonly string[]>;
  /** A gateway that was heard from since is live. */
  heardSince: Instant;
  now: Instant;
}

export type Link = ApiResponse<'explain'>['links'][number];

/** How long ago, in the largest unit that says enough. */
export function ago(then: Instant, now: Instant): string {
  const seconds = Math.max(0, Math.round((now - then) / 1_000));
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min ago`;
  return `${Math.round(seconds / 3_600)} h ago`;
}
