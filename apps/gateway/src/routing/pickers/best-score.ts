import type { Picker } from '../candidates.ts';

/** The highest score; among equals the one whose turn it is, so that an idle fleet shares its work evenly. */
export const bestScore: Picker = (candidates, scores, turn) => {
  let best = -1;
  let equals = 0;
  for (let index = 0; index < candidates.length; index++) {
    const score = scores[index] as number;
    if (score > best) {
      best = score;
      equals = 1;
    } else if (score === best) equals++;
  }
  let skip = equals === 0 ? 0 : turn % equals;
  for (let index = 0; index < candidates.length; index++)
    if (scores[index] === best && skip-- === 0) return candidates[index];
  return undefined;
};
