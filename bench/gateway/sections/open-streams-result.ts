import type { ContenderName } from '../contenders/contender.ts';
import type { Goal } from '../rounds/goal.ts';
import { measured, total } from '../rounds/rounds.ts';
import { type Samples, valuesOf } from '../rounds/take-turns.ts';
import type { SectionResult } from './section.ts';

export interface OpenStreamsSample {
  /** Resident memory of a fresh process that has served a few streams. */
  idleBytes: number;
  /** The most while all streams were open; 0 where they never were. */
  openBytes: number;
  cpuUs: number;
  lost: number;
}

const goals = {
  memory: { what: 'KB per open stream, 8,000 open', unit: 'KB', must: { atMost: 14 }, stretch: { atMost: 10 } },
  lost: { what: 'frames lost', unit: '', must: { atMost: 0 } },
} as const satisfies Record<string, Goal>;

export function openStreamsResult(
  samples: Samples<OpenStreamsSample>,
  streams: number,
  problems: readonly string[],
): SectionResult {
  const perStream = (name: ContenderName): number[] =>
    (samples.get(name) ?? []).flatMap(({ openBytes, idleBytes }) =>
      openBytes === 0 ? [] : [(openBytes - idleBytes) / streams / 1_024],
    );
  const figure = (name: ContenderName, label: string, unit: string, of: (sample: OpenStreamsSample) => number) => ({
    name: `${name}, ${label}`,
    unit,
    samples: valuesOf(samples, name, of),
  });
  return {
    rows: [
      { goal: goals.memory, measured: measured(perStream('gateway'), `${streams} streams were never open at once`) },
      { goal: goals.lost, measured: total(valuesOf(samples, 'gateway', ({ lost }) => lost)) },
    ],
    figures: [...samples.keys()].flatMap((name) => [
      { name: `${name}, memory per stream`, unit: 'KB', samples: perStream(name) },
      figure(name, 'memory idle', 'MB', ({ idleBytes }) => idleBytes / 1e6),
      figure(name, 'CPU per frame', 'µs', ({ cpuUs }) => cpuUs),
    ]),
    notes: [],
    problems,
  };
}
