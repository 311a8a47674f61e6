import { expect, test } from '@jest/globals';
import { type Goal, judge, type Measured, type Verdict } from './goal.ts';

const atMost: Goal = { what: 'cost', unit: '×', must: { atMost: 1.5 }, stretch: { atMost: 1.3 } };
const atLeast: Goal = { what: 'rate', unit: '1/s', must: { atLeast: 200 }, stretch: { atLeast: 300 } };
const none: Goal = { what: 'lost', unit: '', must: { atMost: 0 } };
const value = (value: number): Measured => ({ kind: 'measured', value, low: value, high: value });

test.each<{ name: string; goal: Goal; measured: Measured; want: Verdict }>([
  { name: 'a bound is met by its own value', goal: atMost, measured: value(1.5), want: { kind: 'met' } },
  { name: 'the stretch too', goal: atMost, measured: value(1.3), want: { kind: 'stretch' } },
  {
    name: 'above a ceiling is missed',
    goal: atMost,
    measured: value(3),
    want: { kind: 'missed', by: 1.5, percent: 100 },
  },
  { name: 'above a floor is met', goal: atLeast, measured: value(250), want: { kind: 'met' } },
  { name: 'below it is missed', goal: atLeast, measured: value(150), want: { kind: 'missed', by: 50, percent: 25 } },
  { name: 'none of what must not be is met', goal: none, measured: value(0), want: { kind: 'met' } },
  { name: 'one is missed', goal: none, measured: value(1), want: { kind: 'missed', by: 1, percent: Infinity } },
  {
    name: 'what was not measured is never good',
    goal: none,
    measured: { kind: 'notMeasured', because: 'no time' },
    want: { kind: 'unknown' },
  },
  {
    name: 'no number is missed, not met',
    goal: atMost,
    measured: value(Number.NaN),
    want: { kind: 'missed', by: NaN, percent: NaN },
  },
])('$name', ({ goal, measured, want }) => {
  expect(judge({ goal, measured })).toEqual(want);
});
