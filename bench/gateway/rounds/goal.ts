/** What a measured value must reach. */
export type Bound = { atMost: number } | { atLeast: number };

export interface Goal {
  what: string;
  unit: string;
  must: Bound;
  stretch?: Bound;
}

/** Not knowing is a value: nothing that was not measured is ever shown as good. */
export type Measured =
  | { kind: 'measured'; value: number; low: number; high: number }
  | { kind: 'notMeasured'; because: string };

export interface GoalRow {
  goal: Goal;
  measured: Measured;
}

export type Verdict =
  | { kind: 'stretch' }
  | { kind: 'met' }
  | { kind: 'missed'; by: number; percent: number }
  | { kind: 'unknown' };

export function judge({ goal, measured }: GoalRow): Verdict {
  if (measured.kind === 'notMeasured') return { kind: 'unknown' };
  if (goal.stretch !== undefined && holds(goal.stretch, measured.value)) return { kind: 'stretch' };
  if (holds(goal.must, measured.value)) return { kind: 'met' };
  const wanted = limitOf(goal.must);
  const by = Math.abs(measured.value - wanted);
  return { kind: 'missed', by, percent: wanted === 0 ? Number.POSITIVE_INFINITY : (by / wanted) * 100 };
}

export function limitOf(bound: Bound): number {
  return 'atMost' in bound ? bound.atMost : bound.atLeast;
}

function holds(bound: Bound, value: number): boolean {
  return 'atMost' in bound ? value <= bound.atMost : value >= bound.atLeast;
}
