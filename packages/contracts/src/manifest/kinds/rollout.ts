import type { RolloutPolicy } from '@signalbox/domain';
import type { z } from 'zod';
import { duration, formatDuration } from '../duration.ts';
import { fields, notYet, oneOf, wholeNumber, withDefault } from '../fields.ts';
import { formatPercentage, percentage } from '../percentage.ts';
import { renderStep, rolloutSteps } from './rollout-steps.ts';

const DEFAULT_STEPS = [{ weight: 10, for: '5m' }, { weight: 50, for: '5m' }, { weight: 100 }];
const DEFAULT_TTFT_INCREASE = 0.5;

const gate = fields({
  minRequests: withDefault(wholeNumber(1, 1_000_000), 20),
  maxErrorRateIncrease: withDefault(percentage({ max: 1 }), '2%'),
  // Null is not the same as absent here: it turns the rule off.
  maxTtftIncrease: percentage({ max: 10 })
    .nullable()
    .optional()
    .transform((value) => (value === undefined ? DEFAULT_TTFT_INCREASE : value))
    .meta({ default: formatPercentage(DEFAULT_TTFT_INCREASE) }),
  onNoData: withDefault(oneOf(['wait', 'fail']), 'wait'),
});

const defaultSteps = rolloutSteps.parse(DEFAULT_STEPS);
const atOnce = rolloutSteps.parse([{ weight: 100 }]);

export const rollout = fields({
  strategy: withDefault(oneOf(['canary', 'blueGreen', 'rolling']), 'canary'),
  steps: rolloutSteps.nullish().meta({ default: DEFAULT_STEPS }),
  gate: withDefault(gate, {}),
  onFailure: withDefault(oneOf(['rollback', 'pause']), 'rollback'),
  keepWarm: withDefault(duration({ minMs: 0 }), '30m'),
  provisionTimeout: withDefault(duration({ minMs: 1_000 }), '30m'),
  judge: notYet('the judge'),
})
  .superRefine(({ strategy, steps }, ctx) => {
    if (strategy === 'canary' || steps === undefined || steps === null) return;
    const message = `steps belong to a canary; ${strategy} has its own: leave them out`;
    ctx.addIssue({ code: 'custom', path: ['steps'], message });
  })
  .transform(
    ({ strategy, steps, gate, onFailure, keepWarm, provisionTimeout }): RolloutPolicy => ({
      strategy,
      steps: strategy === 'canary' ? (steps ?? defaultSteps) : atOnce,
      gate,
      onFailure,
      keepWarmMs: keepWarm,
      provisionTimeoutMs: provisionTimeout,
    }),
  );

export function renderRollout(policy: RolloutPolicy): z.input<typeof rollout> {
  const { minRequests, maxErrorRateIncrease, maxTtftIncrease, onNoData } = policy.gate;
  return {
    strategy: policy.strategy,
    ...(policy.strategy === 'canary' ? { steps: policy.steps.map(renderStep) } : {}),
    gate: {
      minRequests,
      maxErrorRateIncrease: formatPercentage(maxErrorRateIncrease),
      maxTtftIncrease: maxTtftIncrease === null ? null : formatPercentage(maxTtftIncrease),
      onNoData,
    },
    onFailure: policy.onFailure,
    keepWarm: formatDuration(policy.keepWarmMs),
    provisionTimeout: formatDuration(policy.provisionTimeoutMs),
  };
}
