import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chooseRevision, chooseStickyRevision, type Share } from './choose-revision.ts';
import { hashText } from './hash.ts';

const share = (revisionId: string, weight: number): Share => ({ revisionId, weight });
const all = () => true;

function counts(split: Share[], requests: number, mayServe: (share: Share) => boolean = all): Record<string, number> {
  const found: Record<string, number> = {};
  for (let ticket = 0; ticket < requests; ticket++) {
    const id = chooseRevision(split, ticket, mayServe)?.revisionId ?? 'none';
    found[id] = (found[id] ?? 0) + 1;
  }
  return found;
}

describe('splitting traffic over revisions', () => {
  test('five percent of 2,000 requests are 100, give or take two', () => {
    const found = counts([share('stable', 9_500), share('canary', 500)], 2_000);
    expect(found.canary).toBeGreaterThanOrEqual(98);
    expect(found.canary).toBeLessThanOrEqual(102);
  });

  test('a revision without weight gets nothing', () => {
    expect(counts([share('a', 10_000), share('b', 0)], 500)).toEqual({ a: 500 });
  });

  test('what cannot serve leaves its share to the others', () => {
    expect(counts([share('a', 9_000), share('b', 1_000)], 500, ({ revisionId }) => revisionId === 'b')).toEqual({
      b: 500,
    });
  });

  test('a revision without weight does not step in', () => {
    expect(counts([share('a', 10_000), share('b', 0)], 5, ({ revisionId }) => revisionId === 'b')).toEqual({ none: 5 });
  });

  test('an empty split serves nothing', () => {
    expect(chooseRevision([], 1, all)).toBeUndefined();
  });

  test('every run of 1,000 requests is within one percent of the weights', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 1_000_000 }), (weight, from) => {
        let found = 0;
        const split = [share('a', weight), share('b', 10_000 - weight)];
        for (let ticket = from; ticket < from + 1_000; ticket++)
          if (chooseRevision(split, ticket, all)?.revisionId === 'a') found++;
        expect(Math.abs(found - weight / 10)).toBeLessThanOrEqual(10);
      }),
      { numRuns: 50 },
    );
  });
});

describe('keeping callers on their revision', () => {
  const callers = Array.from({ length: 4_000 }, (_, at) => hashText(`caller-${at}`));
  const assigned = (split: Share[], mayServe: (share: Share) => boolean = all) =>
    callers.map((caller) => chooseStickyRevision(split, caller, mayServe)?.revisionId ?? 'none');
  const shareOf = (ids: string[], id: string) => ids.filter((one) => one === id).length / ids.length;

  test.each<{ name: string; split: Share[]; want: Record<string, number> }>([
    { name: 'one revision has all', split: [share('a', 10_000)], want: { a: 1 } },
    { name: 'nine to one', split: [share('a', 9_000), share('b', 1_000)], want: { a: 0.9, b: 0.1 } },
    { name: 'without weight none', split: [share('a', 10_000), share('b', 0)], want: { a: 1, b: 0 } },
    {
      name: 'three',
      split: [share('a', 5_000), share('b', 3_000), share('c', 2_000)],
      want: { a: 0.5, b: 0.3, c: 0.2 },
    },
    { name: 'an empty split serves nobody', split: [], want: { none: 1 } },
  ])('in proportion to the weights: $name', ({ split, want }) => {
    const ids = assigned(split);
    for (const [id, part] of Object.entries(want)) expect(Math.abs(shareOf(ids, id) - part)).toBeLessThan(0.03);
  });

  test('as a weight rises callers come to it, and none changes between the others', () => {
    const steps = [0, 100, 1_000, 2_500, 5_000, 10_000].map((weight) =>
      assigned([share('canary', weight), share('a', (10_000 - weight) * 0.7), share('b', (10_000 - weight) * 0.3)]),
    );
    for (let step = 1; step < steps.length; step++)
      for (const [at, id] of steps[step]?.entries() ?? []) if (id !== 'canary') expect(id).toBe(steps[step - 1]?.[at]);
  });

  test('the order of the revisions does not matter', () => {
    const split = [share('a', 6_000), share('b', 4_000)];
    expect(assigned(split)).toEqual(assigned(split.toReversed()));
  });

  test('callers of a revision that cannot serve are shared out, and come back', () => {
    const split = [share('a', 5_000), share('b', 3_000), share('c', 2_000)];
    const before = assigned(split);
    const without = assigned(split, ({ revisionId }) => revisionId !== 'c');
    for (const [at, id] of before.entries())
      if (id === 'c') expect(['a', 'b']).toContain(without[at]);
      else expect(without[at]).toBe(id);
  });
});
