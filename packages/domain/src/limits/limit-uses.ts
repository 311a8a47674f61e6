import type { LimitUseReport } from '../gateways/gateway-report.ts';

/** How much a gateway uses of each limit, by the limit's id: per second, smoothed. */
export type LimitUses = Readonly<Record<string, number>>;

/** Requests are few and large: shares that followed each second would swing, and cut off who was idle for one. */
const SMOOTHING_MS = 15_000;
/** A use that faded to this is over. */
const LEAST_USE = 0.001;

/**
 * Uses after one more report, which tells of the time since the one before it. A level (`concurrency`) is taken like
 * a rate: gateways are compared with each other only, and all report alike.
 */
export function usesAfter(before: LimitUses, reported: readonly LimitUseReport[], intervalMs: number): LimitUses {
  if (intervalMs <= 0 || (reported.length === 0 && Object.keys(before).length === 0)) return before;
  const kept = Math.exp(-intervalMs / SMOOTHING_MS);
  // What came within the interval counts as if it had come evenly.
  const part = (1 - kept) / (intervalMs / 1_000);
  const uses = new Map(Object.entries(before).map(([id, use]) => [id, use * kept]));
  for (const { id, used } of reported) uses.set(id, (uses.get(id) ?? 0) + used * part);
  return Object.fromEntries([...uses].filter(([, use]) => use >= LEAST_USE).sort(([a], [b]) => (a < b ? -1 : 1)));
}
