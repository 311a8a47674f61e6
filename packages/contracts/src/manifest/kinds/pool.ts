import type { PoolSpec, Toleration } from '@signalbox/domain';
import { z } from 'zod';
import { expectedText } from '../expected.ts';
import { fields, listOf, mapOf, oneOf, orNull, text, withDefault } from '../fields.ts';
import { defineKind, read } from '../kind-contract.ts';
import { clusterName } from '../names.ts';
import { withoutNulls } from '../without-nulls.ts';

const toleration = fields({
  key: text('the key of a taint', { max: 316 }),
  operator: oneOf(['Exists', 'Equal']).nullish(),
  value: z.string(expectedText('the value of a taint')).nullish(),
  effect: oneOf(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).nullish(),
})
  .superRefine(({ operator, value }, ctx) => {
    const given = value !== undefined && value !== null;
    if (operator === 'Exists' && given) {
      ctx.addIssue({ code: 'custom', path: ['value'], message: 'Exists takes no value: leave it out, or write Equal' });
    }
    if (operator === 'Equal' && !given) {
      ctx.addIssue({ code: 'custom', path: ['value'], message: 'missing: Equal compares with a value' });
    }
  })
  .transform(
    ({ key, operator, value, effect }): Toleration => ({
      key,
      operator: operator ?? (value === undefined || value === null ? 'Exists' : 'Equal'),
      ...withoutNulls({ value: value ?? null, effect: effect ?? null }),
    }),
  );

const spec = fields({
  cluster: clusterName,
  gpuProduct: orNull(text('a GPU product such as NVIDIA-H100-80GB-HBM3', { max: 63 })),
  gpuResource: withDefault(
    text('an extended resource such as nvidia.com/gpu', {
      pattern: /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    }),
    'nvidia.com/gpu',
  ),
  nodeSelector: withDefault(mapOf(z.string(expectedText('text')), 'node labels'), {}),
  tolerations: withDefault(listOf(toleration, 'tolerations'), []),
});

export const poolKind = defineKind({
  kind: 'Pool',
  description: 'A set of like GPU nodes',
  spec,
  complete: read,
  render: renderPool,
});

function renderPool({ cluster, gpuResource, gpuProduct, nodeSelector, tolerations }: PoolSpec): z.input<typeof spec> {
  return {
    cluster,
    gpuResource,
    ...withoutNulls({ gpuProduct, nodeSelector: { ...nodeSelector } }),
    ...(tolerations.length === 0 ? {} : { tolerations: tolerations.map((it) => ({ ...it })) }),
  };
}
