import { expect, test } from '@jest/globals';
import { figureLines } from './figures.ts';

test('every figure is shown with its spread, and one without samples as such', () => {
  const lines = figureLines([
    { name: 'rollback', unit: 'ms', samples: [1, 12.34, 250] },
    { name: 'nothing', unit: 's', samples: [] },
  ]);
  expect(lines.map((line) => line.trim().split(/\s+/))).toEqual([
    ['unit', 'samples', 'min', 'p50', 'p90', 'p99', 'max'],
    ['rollback', 'ms', '3', '1.00', '12.3', '250', '250', '250'],
    ['nothing', 's', '0', '-', '-', '-', '-', '-'],
  ]);
});
