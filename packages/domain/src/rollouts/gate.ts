import type { GatePolicy } from '../deployments/deployment-spec.ts';
import type { Instant } from '../instant.ts';
import type { GateVerdict, RevisionCounts } from './phase.ts';
import { ttftLateShare, ttftQuantile } from './revision-counts.ts';

/** Differences below this are the machine's noise, whatever the factor says. */
const TTFT_FLOOR_MS = 20;
/** What a 95th percentile leaves beyond itself. */
const LATE_SHARE = 0.05;
/** One-sided 97.5 %. */
const Z = 1.96;

/**
 * The first gate: error rate and time to first token against the stable revision, over what came after the step's
 * weight was reached. Goes on only when the estimate is within bounds, rolls back only when the excess is beyond
 * chance, and waits in between. No data is never good data.
 */
export function gate(policy: GatePolicy, candidate: RevisionCounts, stable: RevisionCounts, at: Instant): GateVerdict {
  const verdict = (kind: GateVerdict['kind'], because: string): GateVerdict => ({
    kind,
    because,
    inputs: { candidate, stable, at },
  });
  if (candidate.requests < policy.minRequests) {
    return verdict('wait', `${candidate.requests} of ${policy.minRequests} requests seen on the new revision`);
  }
  const allowed = rate(stable) + policy.maxErrorRateIncrease;
  const seen = rate(candidate);
  const words = `error rate ${percent(seen)} against ${percent(rate(stable))} on the stable revision (allowed: ${percent(allowed)})`;
  if (wilsonLowerBound(candidate.errors, candidate.requests) > allowed) return verdict('rollBack', words);
  if (seen > allowed) return verdict('wait', `${words}; too few requests to be sure`);

  const slow = slowness(policy, candidate, stable);
  if (slow === null) return verdict('goOn', words);
  return slow.sure ? verdict('rollBack', slow.words) : verdict('wait', `${slow.words}; too few streams to be sure`);
}

/**
 * Lower end of Wilson's score interval for a proportion.
 * Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
 */
export function wilsonLowerBound(hits: number, trials: number): number {
  // Rounding would leave a trace of an excess where there is none.
  if (hits === 0) return 0;
  const p = hits / trials;
  const centre = p + (Z * Z) / (2 * trials);
  const spread = Z * Math.sqrt((p * (1 - p) + (Z * Z) / (4 * trials)) / trials);
  return Math.max(0, (centre - spread) / (1 + (Z * Z) / trials));
}

/**
 * Null when first tokens come as early as they should. A quantile of a few streams is whatever the machine was busy
 * with: it is only sure when the share of streams beyond the allowed time is, beyond chance, more than a p95 leaves.
 */
function slowness(
  policy: GatePolicy,
  candidate: RevisionCounts,
  stable: RevisionCounts,
): { sure: boolean; words: string } | null {
  const samples = Math.min(stable.ttftCounts.at(-1) ?? 0, candidate.ttftCounts.at(-1) ?? 0);
  if (policy.maxTtftIncrease === null || samples < policy.minRequests) return null;
  const reference = ttftQuantile(stable.ttftCounts, 0.95);
  const seen = ttftQuantile(candidate.ttftCounts, 0.95);
  if (reference === null || seen === null) return null;
  const allowed = Math.max(reference * (1 + policy.maxTtftIncrease), reference + TTFT_FLOOR_MS);
  if (seen <= allowed) return null;
  const streams = candidate.ttftCounts.at(-1) ?? 0;
  const late = Math.round(ttftLateShare(candidate.ttftCounts, allowed) * streams);
  const words = `p95 time to first token ${Math.round(seen)} ms against ${Math.round(reference)} ms (allowed: ${Math.round(allowed)} ms)`;
  return { sure: wilsonLowerBound(late, streams) > LATE_SHARE, words };
}

function rate(counts: RevisionCounts): number {
  return counts.requests === 0 ? 0 : counts.errors / counts.requests;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}
