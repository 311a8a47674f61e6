import type { ReplicaHealth } from './replica-health.ts';

/** From the start of a check to the start of the next, whether it was answered or not. */
const everyMs = 1_000;
/** After a check that failed, or a connection that did: is it gone? */
const afterFailureMs = 250;
/** While requests or streams wait for a byte: half of what it would take to notice at the usual pace. */
const inSilenceMs = 500;

/** Why a replica is looked at sooner than it is due. */
export type Doubt = 'failure' | 'silence';

/** When the next check is due, seen from the start of this one. `random` is from 0 to 1. */
export function msToNextCheck({ ejection }: Pick<ReplicaHealth, 'ejection'>, now: number, random: number): number {
  const usual = everyMs * (0.9 + random / 5);
  const backIn = ejection === null ? 0 : ejection.until - now;
  // A replica that may come back is asked in that very moment.
  return backIn > 0 ? Math.min(usual, Math.ceil(backIn) + 1) : usual;
}

export interface Pace {
  /** When the last check began, and how many have no answer yet. */
  startedAt: number;
  unanswered: number;
  dueAt: number;
}

/** When the next check is due for somebody who doubts the replica: never later than it was. */
export function dueInDoubt({ startedAt, unanswered, dueAt }: Pace, doubt: Doubt, now: number): number {
  // What silence means is for the check to say that is waiting already.
  if (doubt === 'silence' && unanswered > 0) return dueAt;
  return Math.min(dueAt, Math.max(now, startedAt + (doubt === 'failure' ? afterFailureMs : inSilenceMs)));
}
