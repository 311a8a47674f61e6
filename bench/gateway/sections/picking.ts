import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../rig/paths.ts';
import type { Goal } from '../rounds/goal.ts';
import type { Section } from './section.ts';

const goals = {
  p99: {
    what: 'p99 of a pick, 64 replicas × 1 M blocks × 250',
    unit: 'µs',
    must: { atMost: 20 },
    stretch: { atMost: 15 },
  },
  memory: { what: 'MB per 1 M blocks', unit: 'MB', must: { atMost: 64 } },
} as const satisfies Record<string, Goal>;

const source = join(root, 'apps/gateway/src/routing/prefix-index.ts');

export const picking: Section = {
  name: 'picking',
  title: 'time and memory of the prefix index, within this process',
  contenders: [],
  run: async () => {
    const because = existsSync(source) ? 'not measured here' : 'there is no prefix index';
    return {
      rows: Object.values(goals).map((goal) => ({ goal, measured: { kind: 'notMeasured', because } })),
      figures: [],
      notes: [because],
      problems: [],
    };
  },
};
