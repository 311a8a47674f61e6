import { describe, expect, test } from '@jest/globals';
import { aCandidate } from '../candidate.fixture.ts';
import { anyRequest, type Candidate, type Filter } from '../candidates.ts';
import { admitted } from './admitted.ts';
import { belowLimit } from './below-limit.ts';
import { fitsContext } from './fits-context.ts';
import { hasAdapter } from './has-adapter.ts';
import { notEjected } from './not-ejected.ts';
import { serving } from './serving.ts';

const replica = aCandidate;
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
    expect(filter(candidate, { maxInFlightPerReplica: limit ?? null }, anyRequest)).toBe(want);
  });

  test.each<{ name: string; context: number | null | undefined; input: number; output: number; want: boolean }>([
    { name: 'a length that nobody knows takes all', context: undefined, input: 1e6, output: 1e6, want: true },
    { name: 'the same when it is said to be unknown', context: null, input: 1e6, output: 1e6, want: true },
    { name: 'input and output just fit', context: 4_096, input: 4_000, output: 96, want: true },
    { name: 'one token too many', context: 4_096, input: 4_000, output: 97, want: false },
    { name: 'without a bound on the output the input counts', context: 4_096, input: 4_000, output: 0, want: true },
  ])('the context: $name', ({ context, input, output, want }) => {
    const bounds = { maxInFlightPerReplica: null, ...(context === undefined ? {} : { maxContextTokens: context }) };
    expect(fitsContext(replica(), bounds, { ...anyRequest, inputTokens: input, maxOutputTokens: output })).toBe(want);
  });

  test.each<{ name: string; has: string[] | null; asked?: string; want: boolean }>([
    { name: 'the model itself is everywhere', has: [], want: true },
    { name: 'who has it passes', has: ['law', 'sql'], asked: 'sql', want: true },
    { name: 'who has others does not', has: ['law'], asked: 'sql', want: false },
    { name: 'who has not said yet may have it', has: null, asked: 'sql', want: true },
  ])('the adapter: $name', ({ has, asked, want }) => {
    const candidate = replica({ adapters: has === null ? null : new Set(has) });
    const wanted = asked === undefined ? anyRequest : { ...anyRequest, adapter: asked };
    expect(hasAdapter(candidate, { maxInFlightPerReplica: null }, wanted)).toBe(want);
  });
});
