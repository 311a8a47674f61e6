import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chooseRevision, type Share } from './choose-revision.ts';

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
