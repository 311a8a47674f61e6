import { WHOLE } from './traffic-split.ts';

/**
 * The most traffic, in basis points, that `routable` replicas may get when `fullFleet` replicas are needed for all of
 * it. A revision's weight never exceeds this.
 */
export function carryableWeight(routable: number, fullFleet: number): number {
  if (routable <= 0) return 0;
  return Math.min(WHOLE, Math.floor((WHOLE * routable) / Math.max(1, fullFleet)));
}

/** Replicas that a share of the traffic needs, at least one: the inverse of `carryableWeight`. */
export function replicasForShare(share: number, fullFleet: number): number {
  if (share <= 0) return 0;
  return Math.max(1, Math.ceil((share * Math.max(1, fullFleet)) / WHOLE));
}
