import type { ScalingSpec } from '../deployments/deployment-spec.ts';
import type { Instant } from '../instant.ts';

/** Requests in flight over all gateways at one moment; null when a gateway was not heard from. */
export interface DemandSample {
  at: Instant;
  inFlight: number | null;
}

/** Samples come every second. Where none came for this long, demand was not seen. */
const LONGEST_GAP_MS = 10_000;

export interface DesiredReplicas {
  replicas: number;
  reason: string;
}

/**
 * Replicas that all of a deployment's traffic needs. Rises to the lowest need of the up window, falls to the highest
 * of the down window (the stabilisation of Kubernetes' HorizontalPodAutoscaler). A window that was not seen whole, or
 * has a hole in it, moves nothing: unknown never scales down.
 */
export function desiredReplicas(input: {
  scaling: ScalingSpec;
  /** Null before anything ran. */
  current: number | null;
  override: number | null;
  /** Oldest first. */
  samples: readonly DemandSample[];
  now: Instant;
}): DesiredReplicas {
  const { scaling, current, override, samples, now } = input;
  if (override !== null) return { replicas: override, reason: 'set by hand' };
  const bounded = (replicas: number) => Math.min(scaling.max, Math.max(scaling.min, replicas));
  if (current === null) return { replicas: scaling.min, reason: 'the least the spec allows' };
  const start = bounded(current);

  const needed = (inFlight: number) => Math.ceil(inFlight / scaling.targetInFlight);
  const up = needsWithin(samples, now - scaling.scaleUpWindowMs, now)?.map(needed);
  const down = needsWithin(samples, now - scaling.scaleDownWindowMs, now)?.map(needed);
  const lowest = up === undefined ? start : Math.min(...up);
  if (lowest > start) return { replicas: bounded(lowest), reason: `${lowest} needed throughout the up window` };
  const highest = down === undefined ? start : Math.max(...down);
  if (highest < start) return { replicas: bounded(highest), reason: `at most ${highest} needed in the down window` };
  return { replicas: start, reason: start === current ? 'enough' : 'the spec bounds it' };
}

/** Demand from the window's start on; undefined when the window was not seen whole. */
function needsWithin(samples: readonly DemandSample[], from: Instant, now: Instant): number[] | undefined {
  // What was seen last before the window holds at its start.
  const start = samples.findLastIndex((sample) => sample.at <= from);
  if (start === -1) return undefined;
  const inside = samples.slice(start);
  const times = [...inside.map((sample) => sample.at), now];
  if (times.some((at, i) => at - (times[i - 1] ?? at) > LONGEST_GAP_MS)) return undefined;
  const known = inside.flatMap((sample) => (sample.inFlight === null ? [] : [sample.inFlight]));
  return known.length === inside.length ? known : undefined;
}
