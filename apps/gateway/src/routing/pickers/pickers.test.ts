import { describe, expect, test } from '@jest/globals';
import { aCandidate } from '../candidate.fixture.ts';
import { bestScore } from './best-score.ts';

const replicas = ['a', 'b', 'c'].map((id) => aCandidate({ id }));

describe('picking by score', () => {
  test.each<{ name: string; scores: number[]; turn: number; want: string | undefined }>([
    { name: 'the best one wins', scores: [0.2, 0.9, 0.5], turn: 5, want: 'b' },
    { name: 'equals take turns, first', scores: [1, 0, 1], turn: 0, want: 'a' },
    { name: 'equals take turns, second', scores: [1, 0, 1], turn: 1, want: 'c' },
    { name: 'equals take turns, first again', scores: [1, 0, 1], turn: 2, want: 'a' },
    { name: 'scores behind the last candidate count for nothing', scores: [0, 0.1, 0, 9], turn: 0, want: 'b' },
    { name: 'all at zero still gives one', scores: [0, 0, 0], turn: 4, want: 'b' },
  ])('$name', ({ scores, turn, want }) => {
    expect(bestScore(replicas, scores, turn)?.id).toBe(want);
  });

  test('of none it picks none', () => {
    expect(bestScore([], [], 3)).toBeUndefined();
  });
});
