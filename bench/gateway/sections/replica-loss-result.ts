import { type Fault, faults } from '../rig/mock-replica.ts';
import type { Goal, Measured } from '../rounds/goal.ts';
import type { Rounds } from '../rounds/rounds.ts';
import type { SectionResult } from './section.ts';

/** One replica lost, and back again. */
export interface LossSample {
  fault: Fault;
  /** From the fault to the ejection; undefined where there was none. */
  ejectedAfterMs: number | undefined;
  /** Replicas that were ejected though nothing was wrong with them. */
  wronglyEjected: number;
  requests: number;
  retries: number;
}

export interface LossCounts {
  sent: number;
  failed: number;
  brokenWell: number;
  brokenBadly: number;
  cut: number;
}

const goals = {
  failed: { what: 'failed requests that had not begun', unit: '', must: { atMost: 0 } },
  brokenBadly: { what: 'broken streams without one error event', unit: '', must: { atMost: 0 } },
  ejection: { what: 'ejection: kill -9, RST, 5xx storm', unit: 's', must: { atMost: 1 } },
  silence: { what: 'ejection: SIGSTOP, half-open', unit: 's', must: { atMost: 5 } },
  wrong: { what: 'ejections of the slow and the healthy', unit: '', must: { atMost: 0 } },
  retries: { what: 'retries, of traffic while one was lost', unit: '%', must: { atMost: 20 } },
} as const satisfies Record<string, Goal>;

const atOnce: readonly Fault[] = ['kill -9', 'RST', '5xx storm'];
const silent: readonly Fault[] = ['SIGSTOP', 'half-open'];

export function replicaLossResult(
  samples: readonly LossSample[],
  counts: LossCounts,
  problems: readonly string[],
): SectionResult {
  const seconds = (of: readonly Fault[]): number[] =>
    samples.flatMap(({ fault, ejectedAfterMs }) =>
      of.includes(fault) && ejectedAfterMs !== undefined ? [ejectedAfterMs / 1_000] : [],
    );
  const shares = samples.map(({ retries, requests }) => (retries / requests) * 100);
  const never = samples.filter(({ fault, ejectedAfterMs }) => mustBeEjected(fault) && ejectedAfterMs === undefined);
  return {
    rows: [
      { goal: goals.failed, measured: exactly(counts.failed) },
      { goal: goals.brokenBadly, measured: exactly(counts.brokenBadly) },
      { goal: goals.ejection, measured: worst(seconds(atOnce)) },
      { goal: goals.silence, measured: worst(seconds(silent)) },
      { goal: goals.wrong, measured: exactly(samples.reduce((sum, { wronglyEjected }) => sum + wronglyEjected, 0)) },
      { goal: goals.retries, measured: worst(shares) },
    ],
    figures: [
      ...faults
        .filter(mustBeEjected)
        .map((fault) => ({ name: `${fault}, until ejected`, unit: 's', samples: seconds([fault]) })),
      { name: 'retries, of traffic', unit: '%', samples: shares },
    ].filter(({ samples }) => samples.length > 0),
    notes: [
      `${samples.length} replicas lost while ${counts.sent} requests were sent`,
      `${counts.brokenWell} streams broke and ended in one error event; ${counts.cut} ordinary answers broke after they had begun`,
    ],
    problems: [...problems, ...never.map(({ fault }) => `${fault}: the replica was not ejected`)],
  };
}

/** Engines that only need long are left in. */
export function mustBeEjected(fault: Fault): boolean {
  return fault !== 'slow answers';
}

function exactly(count: number): Measured {
  return { kind: 'measured', value: count, low: count, high: count };
}

/** A promise about every loss is kept by the worst of them. */
function worst(rounds: Rounds): Measured {
  if (rounds.length === 0) return { kind: 'notMeasured', because: 'no replica was lost in these ways' };
  return { kind: 'measured', value: Math.max(...rounds), low: Math.min(...rounds), high: Math.max(...rounds) };
}
