import type { Scorer } from '../candidates.ts';

/** The less of the prompt a replica has to read anew, the better. */
export const prefixAffinity: Scorer = (competitors, { uncachedTokens, tokenScale }, scores) => {
  for (let index = 0; index < competitors.length; index++)
    scores[index] = 1 - (uncachedTokens[index] as number) / tokenScale;
};
