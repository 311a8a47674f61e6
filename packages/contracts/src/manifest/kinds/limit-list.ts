import { LIMITED_QUANTITIES, type LimitSpec } from '@signalbox/domain';
import type { z } from 'zod';
import { hasUnknownField } from '../exactly-one.ts';
import { fields, listOf, oneOf, wholeNumber } from '../fields.ts';

const periods = ['minute', 'day'] as const;

const limit = fields({
  of: oneOf(LIMITED_QUANTITIES),
  per: oneOf(periods).nullish(),
  amount: wholeNumber(1, 1_000_000_000_000),
}).transform(({ of, per, amount }, ctx): LimitSpec => {
  const given = per ?? null;
  if (of === 'concurrency') {
    const message = 'concurrency is how many at once, at any time: leave this out';
    if (given !== null) ctx.addIssue({ code: 'custom', path: ['per'], message });
    return { of, per: null, amount };
  }
  if (given === null && !hasUnknownField(ctx)) {
    const message = `missing: expected one of ${periods.join(', ')}`;
    ctx.addIssue({ code: 'custom', path: ['per'], message, params: { allowed: periods } });
  }
  return { of, per: given ?? 'minute', amount };
});

/** Of a key, a project or a route. */
export const limitList = listOf(limit, 'limits').superRefine(refuseTwoOfOne);

/** Two bounds on the same quantity: the smaller one would hold, and the other one only mislead. */
function refuseTwoOfOne(limits: readonly LimitSpec[], ctx: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, { of, per }] of limits.entries()) {
    const what = per === null ? of : `${of} per ${per}`;
    const message = `${what} is limited already in this list: keep one of them`;
    if (seen.has(what)) ctx.addIssue({ code: 'custom', path: [index], message });
    seen.add(what);
  }
}

export function renderLimits(limits: readonly LimitSpec[]): z.input<typeof limitList> {
  return limits.map(({ of, per, amount }) => (per === null ? { of, amount } : { of, per, amount }));
}
