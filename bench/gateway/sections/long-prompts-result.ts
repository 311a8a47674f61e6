import type { ContenderName } from '../contenders/contender.ts';
import type { Goal } from '../rounds/goal.ts';
import { difference, measured, perRound } from '../rounds/rounds.ts';
import { type Samples, valuesOf } from '../rounds/take-turns.ts';
import type { SectionResult } from './section.ts';

export interface LongPromptSample {
  /** Requests per second of the proxy's CPU time; not finite for `direct`. */
  perCpuSecond: number;
  perSecond: number;
  firstByteP50Us: number;
  firstByteP99Us: number;
}

const goals = {
  most: { what: '220 KB prompts/s on a core', unit: '', must: { atLeast: 2_000 }, stretch: { atLeast: 3_000 } },
  firstToken: {
    what: 'p99 added to the first token, 500/s',
    unit: 'ms',
    must: { atMost: 5 },
    stretch: { atMost: 3 },
  },
} as const satisfies Record<string, Goal>;

export function longPromptsResult(samples: Samples<LongPromptSample>, problems: readonly string[]): SectionResult {
  const values = (name: ContenderName, of: keyof LongPromptSample) =>
    valuesOf(samples, name, (sample) => sample[of]).filter(Number.isFinite);
  const added = perRound(values('gateway', 'firstByteP99Us'), values('direct', 'firstByteP99Us'), difference);
  const nginx = values('nginx', 'perCpuSecond');
  return {
    rows: [
      { goal: goals.most, measured: measured(values('gateway', 'perCpuSecond')) },
      { goal: goals.firstToken, measured: measured(added.map((us) => us / 1_000)) },
    ],
    figures: [...samples.keys()].flatMap((name) => [
      { name: `${name}, per second of CPU`, unit: '1/s', samples: values(name, 'perCpuSecond') },
      { name: `${name}, per second`, unit: '1/s', samples: values(name, 'perSecond') },
      { name: `${name}, first byte p50`, unit: 'µs', samples: values(name, 'firstByteP50Us') },
      { name: `${name}, first byte p99`, unit: 'µs', samples: values(name, 'firstByteP99Us') },
    ]),
    notes: ['half of each prompt is common to all, as system prompts and tools are'],
    problems,
    yardstick: nginx,
  };
}
