import type { ScalingSpec } from '../deployments/deployment-spec.ts';
import type { Instant } from '../instant.ts';

/** Requests in flight over all gateways at one moment; null when a gateway was not heard from. */
export interface DemandSample {
  at: Instant;
  inFlight: number | null;
}

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
  samples: readonly DemandSample[];
  now: Instant;
}): DesiredReplicas {
  const { scaling, current, override, samples, now } = input;
  if (override !== null) return { replicas: override, reason: 'set by hand' };
  const bounded = (replicas: number) => Math.min(scaling.max, Math.max(scaling.min, replicas));
  if (current === null) return { replicas: scaling.min, reason: 'the least the spec allows' };
  const start = bounded(current);

  const needed = (inFlight: number) => Math.ceil(inFlight / scaling.targetInFlight);
  const up = needsWithin(samples, now - scaling.scaleUpWindowMs)?.map(needed);
  const down = needsWithin(samples, now - scaling.scaleDownWindowMs)?.map(needed);
  const lowest = up === undefined ? start : Math.min(...up);
  if (lowest > start) return { replicas: bounded(lowest), reason: `${lowest} needed throughout the up window` };
  const highest = down === undefined ? start : Math.max(...down);
  if (highest < start) return { replicas: bounded(highest), reason: `at most ${highest} needed in the down window` };
  return { replicas: start, reason: start === current ? 'enough' : 'the spec bounds it' };
}

function needsWithin(samples: readonly DemandSample[], from: Instant): number[] | undefined {
  const inside = samples.filter((sample) => sample.at >= from);
  const covered = samples.some((sample) => sample.at <= from);
  if (!covered || inside.length === 0) return undefined;
  const known = inside.flatMap((sample) => (sample.inFlight === null ? [] : [sample.inFlight]));
  return known.length === inside.length ? known : undefined;
}
