import type { Filter } from '../candidates.ts';

/** The revision's engine takes as long a request. The length is an estimate: a preference, and the engine has the word. */
export const fitsContext: Filter = (_, { maxContextTokens }, { inputTokens, maxOutputTokens }) =>
  maxContextTokens === undefined || maxContextTokens === null || inputTokens + maxOutputTokens <= maxContextTokens;
