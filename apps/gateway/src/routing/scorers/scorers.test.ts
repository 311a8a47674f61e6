import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aCandidate } from '../candidate.fixture.ts';
import type { Candidate, ScoredRequest, Scorer } from '../candidates.ts';
import { adapter } from './adapter.ts';
import { kvUse, queue } from './engine-load.ts';
import { outstandingTokens, outstandingWork } from './outstanding-tokens.ts';
import { prefixAffinity } from './prefix-affinity.ts';
import { session } from './session.ts';

const now = 100_000;
const request = (change: Partial<ScoredRequest> = {}): ScoredRequest => ({
  now,
  sessionHash: null,
  adapter: undefined,
  uncachedTokens: [],
  tokenScale: 1_000,
  ...change,
});

function scoresOf(scorer: Scorer, competitors: readonly Candidate[], asked = request()): number[] {
  const scores = new Float64Array(competitors.length).fill(-7);
  scorer(competitors, asked, scores);
  return [...scores];
}

describe('scores of tokens', () => {
  test.each<{ name: string; uncached: number[]; want: number[] }>([
    { name: 'a prompt that all know', uncached: [0, 0], want: [1, 1] },
    { name: 'a prompt that none knows', uncached: [1_000, 1_000], want: [0, 0] },
    { name: 'the more is known, the better', uncached: [1_000, 500, 0], want: [0, 0.5, 1] },
  ])('prefix affinity: $name', ({ uncached, want }) => {
    const replicas = uncached.map((_, index) => aCandidate({ id: `r-${index}` }));
    expect(scoresOf(prefixAffinity, replicas, request({ uncachedTokens: uncached }))).toEqual(want);
  });

  test.each<{ name: string; work: Partial<Candidate>[]; want: number[] }>([
    { name: 'idle replicas are all as good', work: [{}, {}], want: [1, 1] },
    {
      name: 'the less there is to read, the better',
      work: [{ outstandingTokens: 1_000 }, { outstandingTokens: 250 }],
      want: [0, 0.75],
    },
    { name: 'a running request counts as 64 tokens', work: [{ inFlight: 5 }, { inFlight: 0 }], want: [0.68, 1] },
    { name: 'both add up', work: [{ inFlight: 5, outstandingTokens: 180 }], want: [0.5] },
  ])('outstanding tokens: $name', ({ work, want }) => {
    expect(scoresOf(outstandingTokens, work.map(aCandidate)).map((score) => Math.round(score * 1e6) / 1e6)).toEqual(
      want,
    );
  });

  test('weighted 1 to 1 + a, the highest sum of both has the lowest wait + (1 + a) * prefill', () => {
    const replica = fc.record({ outstanding: fc.nat(50_000), inFlight: fc.nat(200), uncached: fc.nat(120_000) });
    fc.assert(
      fc.property(fc.array(replica, { minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: 8 }), (given, a) => {
        const replicas = given.map(({ outstanding, inFlight }) =>
          aCandidate({ outstandingTokens: outstanding, inFlight }),
        );
        const uncachedTokens = given.map(({ uncached }) => uncached);
        const tokenScale = Math.max(1, ...uncachedTokens, ...replicas.map(outstandingWork));
        const asked = request({ uncachedTokens, tokenScale });
        const affinity = scoresOf(prefixAffinity, replicas, asked);
        const sums = scoresOf(outstandingTokens, replicas, asked).map(
          (score, at) => score + (1 + a) * (affinity[at] ?? 0),
        );
        const costs = replicas.map((it, at) => outstandingWork(it) + (1 + a) * (uncachedTokens[at] ?? 0));
        expect(costs[sums.indexOf(Math.max(...sums))]).toBeCloseTo(Math.min(...costs), 3);
      }),
    );
  });
});

describe('scores of what engines say', () => {
  const load = (change: Partial<NonNullable<Candidate['load']>>) =>
    aCandidate({ load: { running: 1, waiting: 0, kvUse: 0, adapters: null, at: now, ...change } });
  const silent = aCandidate();

  test.each<{ name: string; scorer: Scorer; replicas: Candidate[]; want: number[] }>([
    {
      name: 'a cache with room is as good as an empty one',
      scorer: kvUse,
      replicas: [load({ kvUse: 0 }), load({ kvUse: 0.5 })],
      want: [1, 1],
    },
    {
      name: 'a cache that fills up is worse',
      scorer: kvUse,
      replicas: [load({ kvUse: 0.75 }), load({ kvUse: 1 })],
      want: [0.5, 0],
    },
    {
      name: 'a queue is bad from its first request on',
      scorer: queue,
      replicas: [load({}), load({ waiting: 8 })],
      want: [1, 0.75],
    },
    {
      name: 'a long queue is no worse than that',
      scorer: queue,
      replicas: [load({ waiting: 32 }), load({ waiting: 500 })],
      want: [0, 0],
    },
    {
      name: 'a silent replica gets the mean of the others',
      scorer: queue,
      replicas: [load({}), silent, load({ waiting: 16 })],
      want: [1, 0.75, 0.5],
    },
    {
      name: 'an old reading is as good as none',
      scorer: queue,
      replicas: [load({ waiting: 16 }), load({ waiting: 0, at: now - 5_001 })],
      want: [0.5, 0.5],
    },
    {
      name: 'one of five seconds still counts',
      scorer: queue,
      replicas: [load({ waiting: 16 }), load({ waiting: 0, at: now - 5_000 })],
      want: [0.5, 1],
    },
    {
      name: 'an engine that does not tell its cache is silent about it',
      scorer: kvUse,
      replicas: [load({ kvUse: null }), load({ kvUse: 1 })],
      want: [0, 0],
    },
    { name: 'with all silent all are equal', scorer: kvUse, replicas: [silent, silent], want: [0.5, 0.5] },
  ])('$name', ({ scorer, replicas, want }) => {
    expect(scoresOf(scorer, replicas)).toEqual(want);
  });
});

describe('the score of a session', () => {
  const replicas = ['a', 'b', 'c', 'd'].map((id) => aCandidate({ id }));
  const chosen = (sessionHash: number, among = replicas) =>
    among[scoresOf(session, among, request({ sessionHash })).indexOf(1)]?.id;

  test('without a session all are equal', () => {
    expect(scoresOf(session, replicas)).toEqual([0, 0, 0, 0]);
  });

  test('sessions spread evenly, and each has one replica', () => {
    const counts = new Map<string | undefined, number>();
    for (let hash = 0; hash < 4_000; hash++) counts.set(chosen(hash), (counts.get(chosen(hash)) ?? 0) + 1);
    expect(counts.size).toBe(4);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(120);
  });

  test('when a replica goes, only its sessions move; when it is back, they are back', () => {
    const without = replicas.filter(({ id }) => id !== 'b');
    for (let hash = 0; hash < 500; hash++)
      if (chosen(hash) !== 'b') expect(chosen(hash, without)).toBe(chosen(hash));
      else expect(chosen(hash, without)).not.toBe('b');
  });
});

describe('the score of a LoRA adapter', () => {
  const active = (running: string[], waiting: string[] = [], most: number | null = 2) =>
    aCandidate({ load: { running: 1, waiting: 0, kvUse: 0, adapters: { running, waiting, most }, at: now } });

  test('in use, with room for one more, awaited, or to be pushed in', () => {
    const replicas = [
      active(['law', 'sql']),
      active(['law']),
      active(['law'], ['sql']),
      active(['law', 'art']),
      active(['law'], ['art']),
    ];
    expect(scoresOf(adapter, replicas, request({ adapter: 'sql' }))).toEqual([1, 0.8, 0.6, 0, 0]);
  });

  test('without a bound there is always room', () => {
    expect(scoresOf(adapter, [active(['a', 'b', 'c'], [], null)], request({ adapter: 'sql' }))).toEqual([0.8]);
  });

  test('who does not tell gets the mean, and where none does all are equal', () => {
    const silent = aCandidate();
    expect(scoresOf(adapter, [active(['sql']), active(['a', 'b']), silent], request({ adapter: 'sql' }))).toEqual([
      1, 0, 0.5,
    ]);
    expect(scoresOf(adapter, [silent, silent], request({ adapter: 'sql' }))).toEqual([0.5, 0.5]);
  });

  test('is none for the model itself', () => {
    expect(scoresOf(adapter, [active(['sql']), active([])])).toEqual([0, 0]);
  });
});
