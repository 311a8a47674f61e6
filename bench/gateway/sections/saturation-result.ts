import type { ContenderName } from '../contenders/contender.ts';
import type { Goal } from '../rounds/goal.ts';
import { difference, measured, perRound, total } from '../rounds/rounds.ts';
import { type Samples, valuesOf } from '../rounds/take-turns.ts';
import type { SectionResult } from './section.ts';

export interface SaturationSample {
  /** Frames per second of the proxy's CPU time: what one core carries, whatever the load's core could offer. */
  perCpuSecond: number;
  perSecond: number;
  lost: number;
}

/** From the mock's clock in a frame to its arrival. */
export interface DelaySample {
  p50Us: number;
  p99Us: number;
}

const goals = {
  most: { what: 'frames/s on a core', unit: '', must: { atLeast: 75_000 } },
  delay: { what: 'p99 frame delay added, 60 % load', unit: 'ms', must: { atMost: 10 } },
  lost: { what: 'frames lost', unit: '', must: { atMost: 0 } },
} as const satisfies Record<string, Goal>;

export function saturationResult(
  saturated: Samples<SaturationSample>,
  delays: Samples<DelaySample>,
  framesPerSecondAtPart: number,
  problems: readonly string[],
): SectionResult {
  const most = (name: ContenderName, of: keyof SaturationSample) => valuesOf(saturated, name, (sample) => sample[of]);
  const delay = (name: ContenderName, of: keyof DelaySample) => valuesOf(delays, name, (sample) => sample[of]);
  const added = perRound(delay('gateway', 'p99Us'), delay('direct', 'p99Us'), difference).map((us) => us / 1_000);
  return {
    rows: [
      { goal: goals.most, measured: measured(most('gateway', 'perCpuSecond')) },
      { goal: goals.delay, measured: measured(added) },
      { goal: goals.lost, measured: total(most('gateway', 'lost')) },
    ],
    figures: [
      ...[...saturated.keys()].flatMap((name) => [
        { name: `${name}, frames per second of CPU`, unit: '1/s', samples: most(name, 'perCpuSecond') },
        { name: `${name}, frames`, unit: '1/s', samples: most(name, 'perSecond') },
      ]),
      ...[...delays.keys()].flatMap((name) => [
        { name: `${name}, frame delay p50`, unit: 'µs', samples: delay(name, 'p50Us') },
        { name: `${name}, frame delay p99`, unit: 'µs', samples: delay(name, 'p99Us') },
      ]),
    ],
    notes: [`60 % load is ${framesPerSecondAtPart} frames/s, for everybody`],
    problems,
  };
}
