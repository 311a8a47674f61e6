import { describe, expect, test } from '@jest/globals';
import type { Candidate } from '../candidates.ts';
import { outstandingWork } from './outstanding-work.ts';

const withWork = (inFlight: number, index: number): Candidate => ({
  id: `r-${index}`,
  state: 'serving',
  health: { admitted: true, ejection: null },
  inFlight,
});

describe('the score of outstanding work', () => {
  test.each<{ name: string; inFlight: number[]; want: number[] }>([
    { name: 'idle replicas are all as good', inFlight: [0, 0, 0], want: [1, 1, 1] },
    { name: 'equally busy ones as well', inFlight: [7, 7], want: [1, 1] },
    { name: 'the less, the better', inFlight: [0, 5, 10], want: [1, 0.5, 0] },
    { name: 'alone is best', inFlight: [12], want: [1] },
  ])('$name', ({ inFlight, want }) => {
    const replicas = inFlight.map(withWork);
    expect(replicas.map((replica) => outstandingWork(replica, replicas))).toEqual(want);
  });
});
