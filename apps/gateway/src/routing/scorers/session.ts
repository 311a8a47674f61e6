import type { Candidate, Scorer } from '../candidates.ts';
import { mix32 } from '../hash.ts';

/**
 * 1 for the session's own replica: the one whose hash with it is highest. When that one is not among the competitors
 * the next highest takes over, and no other session moves.
 */
export const session: Scorer = (competitors, { sessionHash }, scores) => {
  let best = -1;
  let highest = -1;
  for (let index = 0; index < competitors.length; index++) {
    scores[index] = 0;
    if (sessionHash === null) continue;
    const hash = mix32(sessionHash ^ (competitors[index] as Candidate).idHash) >>> 0;
    if (hash <= highest) continue;
    highest = hash;
    best = index;
  }
  if (best >= 0) scores[best] = 1;
};
