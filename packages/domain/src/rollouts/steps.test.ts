import { describe, expect, test } from '@jest/globals';
import type { RolloutPolicy, RolloutStep } from '../deployments/deployment-spec.ts';
import { firstWeight, stepsOf, weightAt } from './steps.ts';

const weight = (percent: number): RolloutStep => ({ kind: 'weight', percent, forMs: 0 });
const approval: RolloutStep = { kind: 'approval', role: 'owner' };
const wait: RolloutStep = { kind: 'wait', forMs: 1_000 };
const steps = [wait, weight(5), approval, weight(25), wait, weight(100)];
const policy: RolloutPolicy = {
  strategy: 'canary',
  steps,
  gate: { minRequests: 20, maxErrorRateIncrease: 0.02, maxTtftIncrease: 0.2, onNoData: 'wait' },
  onFailure: 'rollback',
  keepWarmMs: 0,
  provisionTimeoutMs: 0,
};

describe('the steps a rollout takes', () => {
  test('a canary takes those of its policy', () => {
    expect(stepsOf(policy, false)).toBe(steps);
  });

  test('blue-green goes to 100 at once', () => {
    expect(stepsOf({ ...policy, strategy: 'blueGreen' }, false)).toEqual([weight(100)]);
  });

  test('rolling goes by quarters', () => {
    expect(stepsOf({ ...policy, strategy: 'rolling' }, false)).toEqual([25, 50, 75, 100].map(weight));
  });

  test.each(['canary', 'blueGreen', 'rolling'] as const)(
    'the first rollout goes to 100 at once, also where the strategy is %s',
    (strategy) => {
      expect(stepsOf({ ...policy, strategy }, true)).toEqual([weight(100)]);
    },
  );
});

describe('the weight of a step', () => {
  test.each<{ name: string; index: number; want: number }>([
    { name: 'nothing before the first weight', index: 0, want: 0 },
    { name: 'its own, in basis points', index: 1, want: 500 },
    { name: 'the last one while a human is asked', index: 2, want: 500 },
    { name: 'the last one during a wait', index: 4, want: 2_500 },
    { name: 'the last one beyond the last step', index: 17, want: 10_000 },
  ])('is $name', ({ index, want }) => {
    expect(weightAt(steps, index)).toBe(want);
  });
});

describe('the first weight', () => {
  test('is that of the first step that has one', () => {
    expect(firstWeight(steps)).toBe(500);
  });

  test('is all of the traffic where no step has one', () => {
    expect(firstWeight([wait, approval])).toBe(10_000);
  });
});
