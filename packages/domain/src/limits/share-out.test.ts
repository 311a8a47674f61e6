import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../../testkit/src/simulated-engine/engine/random.ts';
import { type LimitUse, shareOut } from './share-out.ts';

const use = (held: number, wanted: number, share: number): LimitUse => ({ held, wanted, share });

describe('sharing a limit out', () => {
  test.each<{ name: string; total: number; uses: LimitUse[]; want: number[] }>([
    { name: 'nobody has nothing', total: 100, uses: [], want: [] },
    { name: 'one has all', total: 100, uses: [use(0, 0, 0)], want: [1] },
    {
      name: 'those that ask for nothing have the same',
      total: 100,
      uses: [use(0, 0, 0), use(0, 0, 0)],
      want: [0.5, 0.5],
    },
    {
      name: 'what is free goes by what was asked for, a tenth of it to all alike',
      total: 100,
      uses: [use(0, 90, 0), use(0, 0, 0)],
      want: [0.95, 0.05],
    },
    {
      name: 'what was used stays with whom it was used by',
      total: 100,
      uses: [use(60, 0, 0), use(0, 10, 0)],
      want: [0.62, 0.38],
    },
    {
      name: 'one shrinks before another grows',
      total: 100,
      uses: [use(0, 0, 0.5), use(0, 10, 0.5)],
      want: [0.05, 0.5],
    },
    {
      name: 'once it has, the other grows',
      total: 100,
      uses: [use(0, 0, 0.05), use(0, 10, 0.5)],
      want: [0.05, 0.95],
    },
    {
      name: 'a lowered limit shrinks all alike',
      total: 50,
      uses: [use(60, 1, 0.6), use(40, 1, 0.4)],
      want: [0.6, 0.4],
    },
    {
      name: 'a limit of nothing is shared all the same',
      total: 0,
      uses: [use(0, 1, 0), use(0, 0, 0)],
      want: [0.5, 0.5],
    },
  ])('$name', ({ total, uses, want }) => {
    const shares = shareOut(total, uses);
    expect(shares).toHaveLength(want.length);
    for (const [at, share] of shares.entries()) expect(share).toBeCloseTo(want[at] ?? Number.NaN, 6);
  });

  test('whoever hears of it late: together never more than the whole, and none below what it has used', () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      const acting = Array.from({ length: 2 + Math.floor(random() * 4) }, () => 0);
      const known = [...acting];
      for (let round = 0; round < 50; round++) {
        const uses = acting.map((share, at) =>
          use(100 * share * random(), random() ** 3, Math.max(share, known[at] ?? 0)),
        );
        const sent = shareOut(100, uses);
        sent.forEach((share, at) => {
          if (share * 100 < (uses[at]?.held ?? 0) - 1e-6) wrong.push(`seed ${seed} round ${round}: less than was used`);
          known[at] = Math.max(known[at] ?? 0, share);
          if (random() < 0.3) return;
          acting[at] = share;
          known[at] = share;
        });
        const together = known.reduce((sum, share) => sum + share, 0);
        if (together > 1 + 1e-9) wrong.push(`seed ${seed} round ${round}: ${together}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
