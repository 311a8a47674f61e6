import type { Candidate } from './candidates.ts';
import { hashText } from './hash.ts';

/** A healthy replica without work. */
export function aCandidate(change: Partial<Candidate> = {}): Candidate {
  const id = change.id ?? 'r-1';
  return {
    id,
    idHash: hashText(id),
    state: 'serving',
    health: { admitted: true, ejection: null },
    inFlight: 0,
    outstandingTokens: 0,
    load: null,
    adapters: null,
    ...change,
  };
}
