import { describe, expect, test } from '@jest/globals';
import { RetryBudget } from './retry-budget.ts';

function granted(requests: number, wanted: number, at = 0): number {
  const budget = new RetryBudget();
  for (let sent = 0; sent < requests; sent++) budget.request(at);
  return Array.from({ length: wanted }, () => budget.take(at)).filter(Boolean).length;
}

describe('the retry budget', () => {
  test.each([
    { name: 'a quiet gateway may retry a hundred times in ten seconds', requests: 1, wanted: 500, want: 100 },
    { name: 'a busy one a fifth of its requests', requests: 10_000, wanted: 5_000, want: 2_000 },
  ])('$name', ({ requests, wanted, want }) => {
    expect(granted(requests, wanted)).toBe(want);
  });

  test('what was used comes back as time passes', () => {
    const budget = new RetryBudget();
    for (let taken = 0; taken < 100; taken++) expect(budget.take(0)).toBe(true);
    expect(budget.take(9_999)).toBe(false);
    expect(budget.take(15_000)).toBe(true);
    for (let taken = 0; taken < 100; taken++) budget.take(40_000);
    expect(budget.take(40_001)).toBe(false);
  });
});
