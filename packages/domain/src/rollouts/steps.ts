import { assertNever } from '../assert-never.ts';
import type { RolloutPolicy, RolloutStep } from '../deployments/deployment-spec.ts';
import { WHOLE } from './traffic-split.ts';

const ALL: RolloutStep = { kind: 'weight', percent: 100, forMs: 0 };

/**
 * The steps a rollout really takes. The first rollout of a deployment has nothing to compare with and no traffic to
 * protect: it goes to 100 at once.
 */
export function stepsOf(policy: RolloutPolicy, first: boolean): readonly RolloutStep[] {
  if (first) return [ALL];
  switch (policy.strategy) {
    case 'canary':
      return policy.steps;
    case 'blueGreen':
      return [ALL];
    case 'rolling':
      return [25, 50, 75, 100].map((percent) => ({ kind: 'weight', percent, forMs: 0 }));
    default:
      return assertNever(policy.strategy);
  }
}

/** Basis points that step `index` asks for: its own weight, or the last one before it. */
export function weightAt(steps: readonly RolloutStep[], index: number): number {
  for (let i = Math.min(index, steps.length - 1); i >= 0; i--) {
    const step = steps[i];
    if (step?.kind === 'weight') return (step.percent * WHOLE) / 100;
  }
  return 0;
}

/** Capacity share to provision before the first weight is given. */
export function firstWeight(steps: readonly RolloutStep[]): number {
  const step = steps.find((candidate) => candidate.kind === 'weight');
  return step?.kind === 'weight' ? (step.percent * WHOLE) / 100 : WHOLE;
}
