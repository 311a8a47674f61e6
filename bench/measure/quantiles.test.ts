import { describe, expect, test } from '@jest/globals';
import { quantile, spreadOf } from './quantiles.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('quantiles', () => {
  test.each([
    { name: 'the 99th of a thousand leaves ten above it', samples: upTo(1_000), share: 0.99, want: 990 },
    { name: 'the 99th of fifty is the largest', samples: upTo(50), share: 0.99, want: 50 },
    { name: 'the median of two is the lower one', samples: [1, 9], share: 0.5, want: 1 },
    { name: 'a lone sample is every quantile', samples: [7], share: 0.9, want: 7 },
    { name: 'share 0 is the smallest', samples: upTo(10), share: 0, want: 1 },
  ])('$name', ({ samples, share, want }) => {
    expect(quantile(samples, share)).toBe(want);
  });

  test('a spread sorts as numbers and leaves its input alone', () => {
    const samples = [10, 9, 100];
    expect(spreadOf(samples)).toEqual({ count: 3, min: 9, p50: 10, p90: 100, p99: 100, max: 100 });
    expect(samples).toEqual([10, 9, 100]);
  });

  test('nothing measured has no spread', () => {
    expect(spreadOf([])).toBeUndefined();
  });
});
