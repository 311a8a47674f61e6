import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../../../../packages/testkit/src/simulated-engine/engine/random.ts';
import { TokenEstimate } from './token-estimate.ts';

describe('the estimate of tokens', () => {
  test.each<{ name: string; maxTokens: number | null; choices: number; want: number }>([
    { name: 'the whole of max_tokens while nothing is learned', maxTokens: 700, choices: 1, want: 700 },
    { name: 'what the route allows where callers set no bound', maxTokens: null, choices: 1, want: 4_096 },
    { name: 'what the route allows where they set a larger one', maxTokens: 1e9, choices: 1, want: 4_096 },
    { name: 'as much for each choice', maxTokens: 700, choices: 3, want: 2_100 },
  ])('is $name', ({ maxTokens, choices, want }) => {
    expect(new TokenEstimate().output(maxTokens, 4_096, choices)).toBe(want);
  });

  test('is the p95 of answers, at most a fifth above it, and max_tokens where that is less', () => {
    const random = seededRandom(11);
    const answers = Array.from({ length: 2_000 }, () => Math.ceil(20 * Math.exp(3 * random())));
    const estimate = new TokenEstimate();
    for (const output of answers) estimate.learn(400, 100, output);
    const p95 = answers.sort((a, b) => a - b)[1_900] ?? 0;
    const told = estimate.output(100_000, 200_000, 1);
    expect(told).toBeGreaterThanOrEqual(p95);
    expect(told).toBeLessThanOrEqual(p95 * 1.2);
    expect(estimate.output(50, 4_096, 1)).toBe(50);
  });

  test('follows a route that changes its habits', () => {
    const estimate = new TokenEstimate();
    for (let i = 0; i < 5_000; i++) estimate.learn(400, 100, 50);
    for (let i = 0; i < 500; i++) estimate.learn(400, 100, 900);
    expect(estimate.output(null, 4_096, 1)).toBeGreaterThanOrEqual(900);
    for (let i = 0; i < 10_000; i++) estimate.learn(400, 100, 50);
    expect(estimate.output(null, 4_096, 1)).toBeLessThan(60);
  });

  test.each([0, 1, 2, 3, 4, 5, 7, 8, 100, 1_023, 1_024, 500_000])('answers of %d tokens are told from above', (n) => {
    const estimate = new TokenEstimate();
    for (let i = 0; i < 100; i++) estimate.learn(1, 1, n);
    expect(estimate.output(null, 1e9, 1)).toBeGreaterThanOrEqual(n);
    expect(estimate.output(null, 1e9, 1)).toBeLessThanOrEqual(n * 1.25);
  });

  test('learns how many bytes a token takes', () => {
    const estimate = new TokenEstimate();
    expect(estimate.input(400)).toBe(100);
    for (let i = 0; i < 500; i++) estimate.learn(1_000, 500, 10);
    expect(estimate.input(400)).toBe(200);
  });
});
