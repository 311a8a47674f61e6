import { describe, expect, test } from '@jest/globals';
import type { Candidate, Filter } from '../candidates.ts';
import { admitted } from './admitted.ts';
import { belowLimit } from './below-limit.ts';
import { notEjected } from './not-ejected.ts';
import { serving } from './serving.ts';

const replica = (change: Partial<Candidate> = {}): Candidate => ({
  id: 'r-1',
  state: 'serving',
  health: { admitted: true, ejection: null },
  inFlight: 0,
  ...change,
});
const ejection = { because: 'answers', at: 0, until: 1 } as const;

describe('filters', () => {
  test.each<{ name: string; filter: Filter; replica: Candidate; limit?: number; want: boolean }>([
    { name: 'a serving replica serves', filter: serving, replica: replica(), want: true },
    {
      name: 'a draining replica gets nothing new',
      filter: serving,
      replica: replica({ state: 'draining' }),
      want: false,
    },
    {
      name: 'an admitting replica gets nothing yet',
      filter: serving,
      replica: replica({ state: 'admitting' }),
      want: false,
    },
    { name: 'an admitted replica passes', filter: admitted, replica: replica(), want: true },
    {
      name: 'one that was never reached does not',
      filter: admitted,
      replica: replica({ health: { admitted: false, ejection: null } }),
      want: false,
    },
    {
      name: 'an ejected one does not',
      filter: notEjected,
      replica: replica({ health: { admitted: true, ejection } }),
      want: false,
    },
    { name: 'one that was not ejected passes', filter: notEjected, replica: replica(), want: true },
    { name: 'no limit, no bound', filter: belowLimit, replica: replica({ inFlight: 900 }), want: true },
    { name: 'one below the limit', filter: belowLimit, replica: replica({ inFlight: 3 }), limit: 4, want: true },
    { name: 'at the limit', filter: belowLimit, replica: replica({ inFlight: 4 }), limit: 4, want: false },
  ])('$name', ({ filter, replica: candidate, limit, want }) => {
    expect(filter(candidate, { maxInFlightPerReplica: limit ?? null })).toBe(want);
  });
});
