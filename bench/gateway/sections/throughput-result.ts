import { type ContenderName, npmProxies } from '../contenders/contender.ts';
import type { Goal } from '../rounds/goal.ts';
import { bestOf, measured, perRound, ratio } from '../rounds/rounds.ts';
import { type Samples, valuesOf } from '../rounds/take-turns.ts';
import type { SectionResult } from './section.ts';

export interface CpuSample {
  /** Of the proxy, per request. */
  cpuUs: number;
  perSecond: number;
}

const goals = {
  nginx: { what: 'CPU per request ÷ nginx', unit: '×', must: { atMost: 1.55 }, stretch: { atMost: 1.33 } },
  haproxy: { what: 'CPU per request ÷ haproxy', unit: '×', must: { atMost: 1.55 }, stretch: { atMost: 1.33 } },
  npm: { what: 'best npm proxy ÷ CPU per request', unit: '×', must: { atLeast: 2.5 } },
  portkey: { what: 'Portkey ÷ CPU per request', unit: '×', must: { atLeast: 60 }, stretch: { atLeast: 75 } },
} as const satisfies Record<string, Goal>;

export function throughputResult(samples: Samples<CpuSample>, problems: readonly string[]): SectionResult {
  const cpu = (name: ContenderName): number[] => valuesOf(samples, name, ({ cpuUs }) => cpuUs);
  const ours = cpu('gateway');
  const times = (theirs: readonly number[]) => measured(perRound(ours, theirs, (us, them) => them / us));
  return {
    rows: [
      { goal: goals.nginx, measured: measured(perRound(ours, cpu('nginx'), ratio)) },
      { goal: goals.haproxy, measured: measured(perRound(ours, cpu('haproxy'), ratio)) },
      { goal: goals.npm, measured: times(bestOf(npmProxies.map(cpu).filter((rounds) => rounds.length > 0))) },
      { goal: goals.portkey, measured: times(cpu('portkey')) },
    ],
    figures: [...samples.keys()].flatMap((name) => [
      { name: `${name}, CPU per request`, unit: 'µs', samples: cpu(name) },
      { name: `${name}, requests`, unit: '1/s', samples: valuesOf(samples, name, ({ perSecond }) => perSecond) },
    ]),
    notes: [],
    problems,
    yardstick: cpu('nginx'),
  };
}
