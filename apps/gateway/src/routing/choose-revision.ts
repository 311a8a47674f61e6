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
