import type { RouteSpec } from '@signalbox/domain';
import type { z } from 'zod';
import { byteQuantity, formatByteQuantity } from '../byte-quantity.ts';
import { duration, formatDuration } from '../duration.ts';
import { fields, oneOf, orNull, withDefault } from '../fields.ts';
import { defineKind, read } from '../kind-contract.ts';
import { deploymentName, publicModelName } from '../names.ts';
import { withoutNulls } from '../without-nulls.ts';
import { capture, renderCapture } from './capture.ts';
import { cors, renderCors } from './cors.ts';
import { limitList, renderLimits } from './limit-list.ts';
import { queue, renderQueue, renderShadow, renderSticky, routing, shadow, sticky } from './route-traffic.ts';

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

// Bodies are kept in the gateway's memory until their request cannot be sent again.
const mostBodyBytes = 2 ** 30;
const bodySize = byteQuantity.refine(
  (bytes) => bytes <= mostBodyBytes,
  `larger than ${formatByteQuantity(mostBodyBytes)}`,
);

const spec = fields({
  model: orNull(publicModelName),
  deployment: deploymentName,
  access: withDefault(oneOf(['keys', 'open']), 'keys'),
  timeouts: withDefault(timeouts, {}),
  limits: orNull(limitList),
  queue: orNull(queue),
  routing: orNull(routing),
  sticky: orNull(sticky),
  shadow: orNull(shadow),
  cors: orNull(cors),
  capture: orNull(capture),
  maxBodySize: orNull(bodySize),
}).superRefine(({ queue, timeouts }, ctx) => {
  if (queue === null || queue.maxWaitMs <= timeouts.totalMs) return;
  const message = `${formatDuration(queue.maxWaitMs)} is longer than timeouts.total, which is ${formatDuration(timeouts.totalMs)}`;
  ctx.addIssue({ code: 'custom', path: ['queue', 'maxWait'], message });
});

export const routeKind = defineKind({
  kind: 'Route',
  description: 'A public model name, and the deployment that answers under it',
  spec,
  complete: ({ model, deployment, access, timeouts, maxBodySize, routing, ...policies }, { metadata }) =>
    read<RouteSpec>({
      model: model ?? metadata.name,
      deployment,
      access,
      timeouts,
      ...withoutNulls(policies),
      ...withoutNulls({ routing: hasWeights(routing) ? routing : null, maxBodyBytes: maxBodySize }),
    }),
  render: renderRoute,
});

function hasWeights(routing: RouteSpec['routing'] | null): boolean {
  return Object.keys(routing?.weights ?? {}).length > 0;
}

function renderRoute(route: RouteSpec): z.input<typeof spec> {
  const { model, deployment, access, timeouts, limits, queue, routing, sticky, shadow, cors, capture } = route;
  return {
    model,
    deployment,
    access,
    timeouts: {
      firstByte: formatDuration(timeouts.firstByteMs),
      betweenBytes: formatDuration(timeouts.betweenBytesMs),
      total: formatDuration(timeouts.totalMs),
    },
    ...withoutNulls({
      limits: limits && renderLimits(limits),
      queue: queue && renderQueue(queue),
      routing: routing && { weights: { ...routing.weights } },
      sticky: sticky && renderSticky(sticky),
      shadow: shadow && renderShadow(shadow),
      cors: cors && renderCors(cors),
      capture: capture && renderCapture(capture),
      maxBodySize: route.maxBodyBytes && formatByteQuantity(route.maxBodyBytes),
    }),
  };
}
