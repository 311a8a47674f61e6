import { assertNever } from '../assert-never.ts';
import type { Instant } from '../instant.ts';

/**
 * Where a rollout is.
 * - `planning`: just created; nothing exists yet. Left once the new revision's role and first capacity are noted
 * - `provisioning`: replicas of the new revision are coming up for the first step. Left when they are routable
 * - `stepping`: step i holds its weight, waits, or asks for a human. Left when the step is over and the gate agrees
 * - `promoting`: all traffic is on the new revision; it becomes the stable one
 * - `completed`: the new revision is stable; the former one is warm until `keepWarmUntil`
 * - `rollingBack`: traffic is back on the old revision, gateways are acknowledging; capacity follows
 * - `rolledBack`: nothing points at the new revision any more
 * - `superseded`: a newer spec took over before this one was done
 */
export const ROLLOUT_PHASES = [
  'planning',
  'provisioning',
  'stepping',
  'promoting',
  'completed',
  'rollingBack',
  'rolledBack',
  'superseded',
] as const;
export type RolloutPhase = (typeof ROLLOUT_PHASES)[number];

/** Which phase may follow which. The controller refuses to store anything else. */
export const NEXT_PHASES = {
  planning: ['provisioning', 'rollingBack', 'superseded'],
  provisioning: ['stepping', 'rollingBack', 'superseded'],
  stepping: ['stepping', 'promoting', 'rollingBack', 'superseded'],
  promoting: ['completed', 'rollingBack', 'superseded'],
  completed: [],
  rollingBack: ['rolledBack', 'superseded'],
  rolledBack: [],
  superseded: [],
} as const satisfies Record<RolloutPhase, readonly RolloutPhase[]>;

export function isActive(phase: RolloutPhase): boolean {
  switch (phase) {
    case 'planning':
    case 'provisioning':
    case 'stepping':
    case 'promoting':
    case 'rollingBack':
      return true;
    case 'completed':
    case 'rolledBack':
    case 'superseded':
      return false;
    default:
      return assertNever(phase);
  }
}

/** What a rollout remembers between passes. */
export interface RolloutStatusDetail {
  /** When the phase, or the step within `stepping`, began. */
  since: Instant;
  /** When the step's weight was reached; null while replicas for it are still missing. */
  weightReachedAt: Instant | null;
  /** Counters of both revisions when the step's weight was reached: the gate looks at what came after. */
  baseline: { candidate: RevisionCounts; stable: RevisionCounts } | null;
  /** The gate's last verdict with everything it was made from. */
  verdict: GateVerdict | null;
  /** Approvals given in this step, and by whom. */
  approvedBy: string | null;
  /** One sentence: what it is doing or waiting for. */
  message: string;
  /** Why it was rolled back or superseded. */
  because: string | null;
}

/** Totals of a revision over all gateways since it first took traffic. */
export interface RevisionCounts {
  requests: number;
  errors: number;
  rescued: number;
  cancelled: number;
  /** Cumulative by bound, see `TTFT_BOUNDS_MS`. */
  ttftCounts: readonly number[];
}

export interface GateVerdict {
  kind: 'goOn' | 'wait' | 'rollBack';
  because: string;
  inputs: { candidate: RevisionCounts; stable: RevisionCounts; at: Instant };
}
