/** What one holder of a share (a gateway, or a worker of it) says about one limit. */
export interface LimitUse {
  /** What counts against the limit there now: used within its window, or in flight. */
  held: number;
  /** Asked for since the last round, in vain as well. */
  wanted: number;
  /** The largest part that it may be acting on: what it reports, and what was sent and not yet confirmed. */
  share: number;
}

/** Part of what is free that is kept for those who asked for nothing, so that they can start at once. */
const partForIdle = 0.1;

/**
 * Each holder's part of a limit of `total`, in the order of `uses`; together at most 1.
 *
 * A holder keeps what it has used, and what nobody has used is shared by what was asked for: so a part that moves
 * takes no used tokens along, and the sum over all holders never passes the limit. A part that grows waits until
 * those that shrink have said that they did (their `share` is smaller): two holders never act on the same part,
 * however late one of them hears of it. A holder that is not heard from any more is passed with what was last known
 * of it and `wanted: 0`, for as long as its window lasts; it keeps its share.
 *
 * A gateway shares its own part among its workers in the same way: `total` and the shares are then of that part.
 *
 * Measured with three gateways at twice the limit, load 80 : 15 : 5 that changes sides, a round a second, over ten
 * minutes (share-simulation.test.ts): the busiest minute holds 99.98 % of the limit, 98 % of it is used on the whole.
 */
export function shareOut(total: number, uses: readonly LimitUse[]): number[] {
  if (uses.length === 0) return [];
  if (total <= 0) return uses.map(() => 1 / uses.length);
  const held = sum(uses, (use) => use.held);
  const wanted = sum(uses, (use) => use.wanted);
  const free = Math.max(0, total - held);
  // Where more is held than there is (a lowered limit), all shrink alike.
  const scale = 1 / Math.max(1, held / total);
  const targets = uses.map((use) => {
    const even = 1 / uses.length;
    const part = wanted > 0 ? (1 - partForIdle) * (use.wanted / wanted) + partForIdle * even : even;
    return ((use.held + part * free) * scale) / total;
  });
  const growth = sum(uses, (use, at) => Math.max(0, (targets[at] ?? 0) - use.share));
  const unclaimed = Math.max(0, 1 - sum(uses, (use) => use.share));
  const granted = growth > 0 ? Math.min(1, unclaimed / growth) : 0;
  return uses.map((use, at) => {
    const target = targets[at] ?? 0;
    return target <= use.share ? target : use.share + (target - use.share) * granted;
  });
}

function sum(uses: readonly LimitUse[], of: (use: LimitUse, at: number) => number): number {
  return uses.reduce((total, use, at) => total + of(use, at), 0);
}
