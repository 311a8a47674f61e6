import { TTFT_BOUNDS_MS } from '../gateways/gateway-report.ts';
import type { RevisionCounts } from './phase.ts';

export const NO_COUNTS: RevisionCounts = {
  requests: 0,
  errors: 0,
  rescued: 0,
  cancelled: 0,
  ttftCounts: TTFT_BOUNDS_MS.map(() => 0).concat(0),
};

/** Counters only grow: one that fell shows that the totals were reset, and then nothing is known yet. */
export function countsSince(now: RevisionCounts, baseline: RevisionCounts): RevisionCounts {
  const since: RevisionCounts = {
    requests: now.requests - baseline.requests,
    errors: now.errors - baseline.errors,
    rescued: now.rescued - baseline.rescued,
    cancelled: now.cancelled - baseline.cancelled,
    ttftCounts: now.ttftCounts.map((count, i) => count - (baseline.ttftCounts[i] ?? 0)),
  };
  const { ttftCounts, ...totals } = since;
  return [...Object.values(totals), ...ttftCounts].some((count) => count < 0) ? NO_COUNTS : since;
}

/** Quantile of a cumulative histogram in ms, linear within its bucket; null without samples. */
export function ttftQuantile(counts: readonly number[], q: number): number | null {
  const total = counts.at(-1) ?? 0;
  if (total === 0) return null;
  const rank = q * total;
  const index = counts.findIndex((count) => count >= rank);
  const upper = TTFT_BOUNDS_MS[index];
  if (upper === undefined) return TTFT_BOUNDS_MS.at(-1) ?? null;
  const lower = index === 0 ? 0 : (TTFT_BOUNDS_MS[index - 1] ?? 0);
  const below = index === 0 ? 0 : (counts[index - 1] ?? 0);
  const inside = (counts[index] ?? 0) - below;
  return inside === 0 ? upper : lower + ((upper - lower) * (rank - below)) / inside;
}

/** Share of streams whose first token came later than `ms`, linear within its bucket: the inverse of the quantile. */
export function ttftLateShare(counts: readonly number[], ms: number): number {
  const total = counts.at(-1) ?? 0;
  if (total === 0) return 0;
  const found = TTFT_BOUNDS_MS.findIndex((bound) => bound >= ms);
  const index = found === -1 ? TTFT_BOUNDS_MS.length : found;
  const lower = index === 0 ? 0 : (TTFT_BOUNDS_MS[index - 1] ?? 0);
  const upper = TTFT_BOUNDS_MS[index] ?? ms;
  const below = index === 0 ? 0 : (counts[index - 1] ?? 0);
  const inside = (counts[index] ?? total) - below;
  const part = upper === lower ? 1 : (ms - lower) / (upper - lower);
  return (total - below - inside * part) / total;
}
