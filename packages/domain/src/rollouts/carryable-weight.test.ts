import { describe, expect, test } from '@jest/globals';
import { carryableWeight, replicasForShare } from './carryable-weight.ts';

describe('the weight that replicas carry', () => {
  test.each<{ name: string; routable: number; fullFleet: number; want: number }>([
    { name: 'none carry nothing', routable: 0, fullFleet: 4, want: 0 },
    { name: 'one of four carries a quarter', routable: 1, fullFleet: 4, want: 2_500 },
    { name: 'one of three carries no more than a third', routable: 1, fullFleet: 3, want: 3_333 },
    { name: 'as many as all of the traffic needs carry all of it', routable: 3, fullFleet: 3, want: 10_000 },
    { name: 'more than needed carry no more than all', routable: 9, fullFleet: 3, want: 10_000 },
    { name: 'one is enough where no traffic was seen yet', routable: 1, fullFleet: 0, want: 10_000 },
  ])('$name', ({ routable, fullFleet, want }) => {
    expect(carryableWeight(routable, fullFleet)).toBe(want);
  });
});

describe('the replicas that a share needs', () => {
  test.each<{ name: string; share: number; fullFleet: number; want: number }>([
    { name: 'no share needs none', share: 0, fullFleet: 4, want: 0 },
    { name: 'the smallest share needs one', share: 1, fullFleet: 4, want: 1 },
    { name: 'a share that one replica just carries needs one', share: 2_500, fullFleet: 4, want: 1 },
    { name: 'a little more needs another', share: 2_501, fullFleet: 4, want: 2 },
    { name: 'all of the traffic needs the full fleet', share: 10_000, fullFleet: 3, want: 3 },
    { name: 'one is kept where no traffic was seen yet', share: 10_000, fullFleet: 0, want: 1 },
  ])('$name', ({ share, fullFleet, want }) => {
    expect(replicasForShare(share, fullFleet)).toBe(want);
  });

  test('what is ordered for any share carries it, and one less does not', () => {
    for (let fullFleet = 1; fullFleet <= 40; fullFleet++) {
      for (let share = 100; share <= 10_000; share += 100) {
        const replicas = replicasForShare(share, fullFleet);
        expect(carryableWeight(replicas, fullFleet)).toBeGreaterThanOrEqual(share);
        expect(carryableWeight(replicas - 1, fullFleet)).toBeLessThan(share);
      }
    }
  });
});
