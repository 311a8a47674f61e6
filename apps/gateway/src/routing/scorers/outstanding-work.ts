import type { Scorer } from '../candidates.ts';

/** 1 for the idlest of the competitors, 0 for the busiest. */
export const outstandingWork: Scorer = (replica, competitors) => {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const { inFlight } of competitors) {
    if (inFlight < least) least = inFlight;
    if (inFlight > most) most = inFlight;
  }
  return most <= least ? 1 : (most - replica.inFlight) / (most - least);
};
