import { hashText, mix32 } from './hash.ts';

export interface Share {
  readonly revisionId: string;
  readonly weight: number;
}

/** The golden ratio's fraction: multiples of it fill the unit interval more evenly than any other step. */
const step = 0.618_033_988_749_894_9;

/**
 * Which revision request number `ticket` goes to, among those that `mayServe`. Deterministic, and after n requests
 * each revision's count is within a few requests of its weight, without the short period of a round robin, with
 * which periodic traffic would always send its long requests to the same revision.
 */
export function chooseRevision<S extends Share>(
  split: readonly S[],
  ticket: number,
  mayServe: (share: S) => boolean,
): S | undefined {
  let total = 0;
  for (const share of split) if (share.weight > 0 && mayServe(share)) total += share.weight;
  if (total === 0) return undefined;
  let point = ((ticket * step) % 1) * total;
  let last: S | undefined;
  for (const share of split) {
    if (share.weight <= 0 || !mayServe(share)) continue;
    last = share;
    point -= share.weight;
    if (point < 0) return share;
  }
  return last;
}

/**
 * The revision of a caller who is to stay on one, `caller` being 32 bits of who it is. Each revision draws a number
 * for the caller, weighted so that it wins in proportion (weighted rendezvous): when a weight rises, callers come to
 * that revision and none changes between the others, so who was on the canary at 10 % is on it at 25 %.
 */
export function chooseStickyRevision<S extends Share>(
  split: readonly S[],
  caller: number,
  mayServe: (share: S) => boolean,
): S | undefined {
  let best: S | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const share of split) {
    if (share.weight <= 0 || !mayServe(share)) continue;
    const draw = ((mix32(caller ^ hashText(share.revisionId)) >>> 0) + 0.5) / 2 ** 32;
    const time = -Math.log(draw) / share.weight;
    if (time >= lowest) continue;
    lowest = time;
    best = share;
  }
  return best;
}
