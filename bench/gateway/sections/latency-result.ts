import type { ContenderName } from '../contenders/contender.ts';
import type { Goal } from '../rounds/goal.ts';
import { difference, measured, perRound } from '../rounds/rounds.ts';
import { type Samples, valuesOf } from '../rounds/take-turns.ts';
import type { SectionResult } from './section.ts';

/** Microseconds. */
export interface LatencySample {
  /** Median on one connection, one request after the other. */
  alone: number;
  p50: number;
  p99: number;
  p999: number;
}

const goals = {
  p50: { what: "p50 added, half load ÷ nginx's", unit: '×', must: { atMost: 1.4 }, stretch: { atMost: 1.2 } },
  p99: { what: 'p99 added, half load', unit: 'µs', must: { atMost: 300 } },
  p999: { what: 'p99.9 added, half load', unit: 'µs', must: { atMost: 3_000 } },
} as const satisfies Record<string, Goal>;

const quantities = ['alone', 'p50', 'p99', 'p999'] as const satisfies readonly (keyof LatencySample)[];

export function latencyResult(
  samples: Samples<LatencySample>,
  rate: number,
  problems: readonly string[],
): SectionResult {
  const values = (name: ContenderName, of: keyof LatencySample) => valuesOf(samples, name, (sample) => sample[of]);
  const added = (name: ContenderName, of: keyof LatencySample) =>
    perRound(values(name, of), values('direct', of), difference);
  return {
    rows: [
      { goal: goals.p50, measured: measured(timesNginx(added('gateway', 'p50'), added('nginx', 'p50')), immeasurable) },
      { goal: goals.p99, measured: measured(added('gateway', 'p99')) },
      { goal: goals.p999, measured: measured(added('gateway', 'p999')) },
    ],
    figures: [...samples.keys()].flatMap((name) =>
      quantities.map((of) => ({ name: `${name}, ${labels[of]}`, unit: 'µs', samples: values(name, of) })),
    ),
    notes: [
      ...busyNotes(values('direct', 'p99')),
      `added = through the proxy less direct, at the same quantile; half load: ${Math.round(rate)} requests/s`,
    ],
    problems,
  };
}

const labels: Readonly<Record<keyof LatencySample, string>> = {
  alone: 'alone p50',
  p50: 'p50',
  p99: 'p99',
  p999: 'p99.9',
};

const immeasurable = "nginx's added latency was below the noise in every round";

/** Where not even the direct way keeps the goal, what was measured is mostly the machine. */
function busyNotes(directP99Us: readonly number[]): string[] {
  const worst = Math.max(0, ...directP99Us);
  if (worst <= goals.p99.must.atMost) return [];
  return [`NOISY, do not quote p99 and p99.9: direct has a p99 of up to ${Math.round(worst)} µs by itself`];
}

/** A round where nginx seems to add nothing says nothing about a ratio. */
function timesNginx(ours: readonly number[], nginx: readonly number[]): number[] {
  return perRound(ours, nginx, (us, them) => (them > 0 ? us / them : Number.NaN)).filter(Number.isFinite);
}
