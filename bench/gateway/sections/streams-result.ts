import type { ContenderName } from '../contenders/contender.ts';
import type { Goal } from '../rounds/goal.ts';
import { difference, measured, perRound, ratio, total } from '../rounds/rounds.ts';
import { type Samples, valuesOf } from '../rounds/take-turns.ts';
import type { SectionResult } from './section.ts';

export interface StreamSample {
  /** Of the proxy, per frame; whole streams, so their requests are in it. */
  cpuUs: number;
  /** From the request to the first byte of its stream. */
  firstByteP50Us: number;
  firstByteP99Us: number;
  framesPerSecond: number;
  /** Missing or out of order. */
  lost: number;
  /** Not the bytes that the engine sent. */
  changed: number;
}

const goals = {
  cpu: { what: 'CPU per frame ÷ nginx', unit: '×', must: { atMost: 1.8 }, stretch: { atMost: 1.5 } },
  firstToken: {
    what: 'p99 added to the first token, 500 streams',
    unit: 'µs',
    must: { atMost: 1_000 },
    stretch: { atMost: 500 },
  },
  lost: { what: 'frames lost', unit: '', must: { atMost: 0 } },
} as const satisfies Record<string, Goal>;

export function streamsResult(samples: Samples<StreamSample>, problems: readonly string[]): SectionResult {
  const values = (name: ContenderName, of: keyof StreamSample) => valuesOf(samples, name, (sample) => sample[of]);
  const added = perRound(values('gateway', 'firstByteP99Us'), values('direct', 'firstByteP99Us'), difference);
  const proxies = [...samples.keys()].filter((name) => name !== 'direct');
  const figure = (name: ContenderName, of: keyof StreamSample, label: string, unit: string) => ({
    name: `${name}, ${label}`,
    unit,
    samples: values(name, of),
  });
  const changed = values('gateway', 'changed').reduce((sum, count) => sum + count, 0);
  return {
    rows: [
      { goal: goals.cpu, measured: measured(perRound(values('gateway', 'cpuUs'), values('nginx', 'cpuUs'), ratio)) },
      { goal: goals.firstToken, measured: measured(added) },
      { goal: goals.lost, measured: total(values('gateway', 'lost')) },
    ],
    figures: [
      ...proxies.map((name) => figure(name, 'cpuUs', 'CPU per frame', 'µs')),
      ...[...samples.keys()].flatMap((name) => [
        figure(name, 'framesPerSecond', 'frames', '1/s'),
        figure(name, 'firstByteP50Us', 'first byte p50', 'µs'),
        figure(name, 'firstByteP99Us', 'first byte p99', 'µs'),
      ]),
    ],
    notes: changed > 0 ? [`the gateway changed ${changed} frames on their way`] : [],
    problems,
    yardstick: values('nginx', 'cpuUs'),
  };
}
