import type { ScalingSpec } from '@signalbox/domain';
import type { z } from 'zod';
import { duration, formatDuration } from '../duration.ts';
import { fields, notYet, wholeNumber, withDefault } from '../fields.ts';

const replicas = wholeNumber(1, 10_000);

export const scaling = fields({
  min: withDefault(replicas, 1),
  max: replicas.nullish(),
  targetInFlight: withDefault(wholeNumber(1, 100_000), 8),
  scaleUpWindow: withDefault(duration({ minMs: 0 }), '30s'),
  scaleDownWindow: withDefault(duration({ minMs: 0 }), '5m'),
  objective: notYet('scaling by objective'),
  scaleToZeroAfter: notYet('scaling to zero'),
})
  .superRefine(({ min, max }, ctx) => {
    if (max === undefined || max === null || max >= min) return;
    ctx.addIssue({ code: 'custom', path: ['max'], message: `${max} is less than min, which is ${min}` });
  })
  .transform(
    ({ min, max, targetInFlight, scaleUpWindow, scaleDownWindow }): ScalingSpec => ({
      min,
      max: max ?? min,
      targetInFlight,
      scaleUpWindowMs: scaleUpWindow,
      scaleDownWindowMs: scaleDownWindow,
    }),
  );

export function renderScaling(spec: ScalingSpec): z.input<typeof scaling> {
  return {
    min: spec.min,
    max: spec.max,
    targetInFlight: spec.targetInFlight,
    scaleUpWindow: formatDuration(spec.scaleUpWindowMs),
    scaleDownWindow: formatDuration(spec.scaleDownWindowMs),
  };
}
