import { assertNever, type RolloutStep } from '@signalbox/domain';
import type { z } from 'zod';
import { duration, formatDuration } from '../duration.ts';
import { choiceMessage, hasUnknownField } from '../exactly-one.ts';
import { fields, listOf, notYet, text, wholeNumber } from '../fields.ts';

const moves = ['weight', 'approval', 'wait'] as const;

const step = fields(
  {
    weight: wholeNumber(1, 100).nullish(),
    for: duration({ minMs: 0 }).nullish(),
    approval: fields({ role: text('a role such as operator', { pattern: /^[a-z0-9][a-z0-9-]{0,62}$/ }) }).nullish(),
    wait: duration({ minMs: 1 }).nullish(),
    shadow: notYet('a shadow step'),
    evaluation: notYet('an evaluation step'),
    judge: notYet('a judge step'),
  },
  'a step: a map with weight, approval or wait',
).transform(({ weight, approval, wait, for: hold }, ctx): RolloutStep => {
  const given = moves.filter((name) => isGiven({ weight, approval, wait }[name]));
  if (given.length !== 1 && !hasUnknownField(ctx)) {
    ctx.addIssue({ code: 'custom', message: choiceMessage(given, moves), params: { allowed: moves } });
  }
  if (isGiven(hold) && !isGiven(weight)) {
    ctx.addIssue({ code: 'custom', path: ['for'], message: 'only a weight is held for a time: write wait: instead' });
  }
  if (isGiven(approval)) return { kind: 'approval', role: approval.role };
  if (isGiven(weight)) return { kind: 'weight', percent: weight, forMs: hold ?? 0 };
  // Also what stands for a refused step, because the check of the weights may still run.
  return { kind: 'wait', forMs: wait ?? 0 };
});

/** The weights of a canary rise, and the last one is everything: 100 is added where it was left out. */
export const rolloutSteps = listOf(step, 'steps')
  .min(1, 'write at least one step')
  .max(100, 'at most 100 steps')
  .superRefine(refuseFallingWeights)
  .transform((steps) => {
    const last = steps.findLast((it) => it.kind === 'weight');
    const whole: RolloutStep = { kind: 'weight', percent: 100, forMs: 0 };
    return last?.percent === 100 ? steps : [...steps, whole];
  });

function refuseFallingWeights(steps: readonly RolloutStep[], ctx: z.RefinementCtx): void {
  let before = 0;
  for (const [index, it] of steps.entries()) {
    if (it.kind !== 'weight') continue;
    if (it.percent <= before) {
      const message = `weights rise from step to step: ${it.percent} does not come after ${before}`;
      ctx.addIssue({ code: 'custom', path: [index, 'weight'], message });
    }
    before = it.percent;
  }
  const whole = steps.findIndex((it) => it.kind === 'weight' && it.percent === 100);
  if (whole < 0 || whole === steps.length - 1) return;
  for (const [index, it] of steps.entries()) {
    if (index <= whole || it.kind === 'weight') continue;
    ctx.addIssue({
      code: 'custom',
      path: [index],
      message: 'a rollout ends with weight 100: nothing can come after it',
    });
  }
}

export function renderStep(it: RolloutStep): z.input<typeof step> {
  switch (it.kind) {
    case 'weight':
      return { weight: it.percent, ...(it.forMs === 0 ? {} : { for: formatDuration(it.forMs) }) };
    case 'approval':
      return { approval: { role: it.role } };
    case 'wait':
      return { wait: formatDuration(it.forMs) };
    default:
      return assertNever(it);
  }
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
