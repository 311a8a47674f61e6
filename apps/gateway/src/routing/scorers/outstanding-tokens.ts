import type { Candidate, Scorer } from '../candidates.ts';

/** What a running request costs the next one, in tokens of prompt: generating slows reading down. */
const tokensPerRequest = 64;

/** Work that stands before a new request: prompts not yet read, and requests that are being answered. */
export function outstandingWork({ outstandingTokens, inFlight }: Candidate): number {
  return outstandingTokens + tokensPerRequest * inFlight;
}

/** The less a new request has to wait, the better. */
export const outstandingTokens: Scorer = (competitors, { tokenScale }, scores) => {
  for (let index = 0; index < competitors.length; index++)
    scores[index] = 1 - outstandingWork(competitors[index] as Candidate) / tokenScale;
};
