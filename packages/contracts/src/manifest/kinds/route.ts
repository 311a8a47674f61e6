import type { RouteSpec } from '@signalbox/domain';
import type { z } from 'zod';
import { duration, formatDuration } from '../duration.ts';
import { fields, oneOf, orNull, withDefault } from '../fields.ts';
import { defineKind, read } from '../kind-contract.ts';
import { deploymentName, publicModelName } from '../names.ts';

const timeout = duration({ minMs: 1 });

const timeouts = fields({
  firstByte: withDefault(timeout, '60s'),
  betweenBytes: withDefault(timeout, '60s'),
  total: withDefault(timeout, '10m'),
}).transform(({ firstByte, betweenBytes, total }) => ({
  firstByteMs: firstByte,
  betweenBytesMs: betweenBytes,
  totalMs: total,
}));

const spec = fields({
  model: orNull(publicModelName),
  deployment: deploymentName,
  access: withDefault(oneOf(['keys', 'open']), 'keys'),
  timeouts: withDefault(timeouts, {}),
});

export const routeKind = defineKind({
  kind: 'Route',
  description: 'A public model name, and the deployment that answers under it',
  spec,
  complete: (route, { metadata }) => read({ ...route, model: route.model ?? metadata.name }),
  render: ({ model, deployment, access, timeouts }: RouteSpec): z.input<typeof spec> => ({
    model,
    deployment,
    access,
    timeouts: {
      firstByte: formatDuration(timeouts.firstByteMs),
      betweenBytes: formatDuration(timeouts.betweenBytesMs),
      total: formatDuration(timeouts.totalMs),
    },
  }),
});
