import { expect, test } from '@jest/globals';
import { goalTable } from './goal-table.ts';

test('every goal stands beside what was measured, missed by how much, or not measured', () => {
  const lines = goalTable([
    {
      name: 'throughput',
      rows: [
        {
          goal: { what: 'CPU ÷ nginx', unit: '×', must: { atMost: 1.55 }, stretch: { atMost: 1.33 } },
          measured: { kind: 'measured', value: 1.7051, low: 1.6, high: 1.8 },
        },
        {
          goal: { what: 'frames/s', unit: '', must: { atLeast: 75_000 } },
          measured: { kind: 'measured', value: 80_123.4, low: 80_123.4, high: 80_123.4 },
        },
      ],
    },
    {
      name: 'metering',
      rows: [
        {
          goal: { what: 'tokens off', unit: '', must: { atMost: 0 } },
          measured: { kind: 'notMeasured', because: 'not measured here' },
        },
      ],
    },
  ]);
  expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['what', 'must', 'stretch', 'measured (range)'],
    ['throughput', 'CPU ÷ nginx', '≤ 1.55 ×', '≤ 1.33 ×', '1.71 × (1.6 … 1.8)', 'MISSED by 0.155 × (10 %)'],
    ['frames/s', '≥ 75,000', '–', '80,100', 'met'],
    ['metering', 'tokens off', '≤ 0', '–', '–', 'not measured: not measured here'],
  ]);
});
