import type { LimitUseReport } from '../gateways/gateway-report.ts';
import type { LimitUse } from './share-out.ts';

/** What is known of one gateway's use of limits, between its reports. */
export interface LimitUses {
  /** The part that it takes of limits it was never told a part of. */
  others: number;
  limits: Readonly<Record<string, KnownUse>>;
}

/** `wanted` is per second and smoothed; `share` is what it said it acts on. */
export interface KnownUse extends LimitUse {
  /** What it was told last: it may act on that as well. */
  sent: number;
}

/** Requests are few and large: parts that followed each second would swing, and cut off who was idle for one. */
const SMOOTHING_MS = 3_000;
/** What is wanted less than this is not wanted. */
const LEAST_WANTED = 0.001;

/** A gateway that was never told anything takes every limit for its own. */
const untold: LimitUses = { others: 1, limits: {} };

/** What is known after one more report. `intervalMs` is the time that it tells of: 0 when it came a second time. */
export function usesAfter(
  before: LimitUses | null,
  reported: readonly LimitUseReport[],
  intervalMs: number,
): LimitUses {
  if (before !== null && intervalMs <= 0) return before;
  const { others, limits } = before ?? untold;
  const kept = Math.exp(-Math.max(0, intervalMs) / SMOOTHING_MS);
  // What came within the interval counts as if it had come evenly.
  const part = (1 - kept) / (Math.max(1, intervalMs) / 1_000);
  const uses = new Map(Object.entries(limits).map(([id, use]) => [id, idle(use, kept)]));
  for (const { id, held, wanted, share } of reported) {
    const former = uses.get(id);
    uses.set(id, { held, wanted: (former?.wanted ?? 0) + wanted * part, share, sent: former?.sent ?? share });
  }
  return { others, limits: Object.fromEntries([...uses].filter(([, use]) => !isForgettable(use, others))) };
}

/**
 * A limit that is not reported is not used. That the gateway heard of its part is taken for granted then: if not, it
 * says so with the first report after it began to use it.
 */
function idle({ wanted, sent }: KnownUse, kept: number): KnownUse {
  const fading = wanted * kept;
  return { held: 0, wanted: fading < LEAST_WANTED ? 0 : fading, share: sent, sent };
}

/** Idle, and with the part that it would have anyway. */
function isForgettable({ held, wanted, share, sent }: KnownUse, others: number): boolean {
  return held === 0 && wanted === 0 && share === others && sent === others;
}

/** Of a limit that nothing is known of, a gateway uses nothing, but may begin to at any time. */
export function knownUse({ others, limits }: LimitUses, limit: string): KnownUse {
  return limits[limit] ?? { held: 0, wanted: 0, share: others, sent: others };
}
