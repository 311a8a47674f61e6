import type { Goal } from '../rounds/goal.ts';
import { measured } from '../rounds/rounds.ts';
import type { SectionResult } from './section.ts';

export interface PickingSample {
  /** Looking up a prompt for all replicas and taking the best. */
  matchP50Us: number;
  matchP99Us: number;
  /** Booking the prompt for the replica that was picked. */
  insertP99Us: number;
  /** How often the replica that has the prompt was picked. */
  foundShare: number;
}

const goals = {
  p99: { what: 'p99 of a pick', unit: 'µs', must: { atMost: 20 }, stretch: { atMost: 15 } },
  memory: { what: 'MB per 1 M blocks', unit: 'MB', must: { atMost: 64 } },
  churn: { what: 'memory up by, after 2 M more blocks', unit: '%', must: { atMost: 5 } },
} as const satisfies Record<string, Goal>;

const mib = 1_048_576;
const drowned = 'other memory of this process was let go at the same time';

export function pickingResult(
  samples: readonly PickingSample[],
  { heldBytes, afterChurnBytes }: { heldBytes: number; afterChurnBytes: number },
): SectionResult {
  const values = (of: keyof PickingSample): number[] => samples.map((sample) => sample[of]);
  // An index that takes nothing was not looked at.
  const isMeasured = heldBytes > mib;
  const found = Math.min(...values('foundShare'));
  return {
    rows: [
      { goal: goals.p99, measured: measured(values('matchP99Us')) },
      { goal: goals.memory, measured: measured(isMeasured ? [heldBytes / mib] : [], drowned) },
      {
        goal: goals.churn,
        measured: measured(isMeasured ? [Math.max(0, afterChurnBytes / heldBytes - 1) * 100] : [], drowned),
      },
    ],
    figures: [
      { name: 'look-up and choice, p50', unit: 'µs', samples: values('matchP50Us') },
      { name: 'look-up and choice, p99', unit: 'µs', samples: values('matchP99Us') },
      { name: 'booking, p99', unit: 'µs', samples: values('insertP99Us') },
    ],
    notes: [`the replica that has the prompt was found in ${(found * 100).toFixed(1)} % of picks`],
    // An index that forgot what it was told would be fast for nothing.
    problems: found < 0.9 ? ['picking: the index found too few of the prompts it was given'] : [],
  };
}

export function pickingNotMeasured(because: string): SectionResult {
  const rows = Object.values(goals).map((goal) => ({ goal, measured: { kind: 'notMeasured' as const, because } }));
  return { rows, figures: [], notes: [`not measured: ${because}`], problems: [] };
}
