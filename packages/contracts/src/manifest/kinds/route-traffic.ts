import { type RouteSpec, SCORER_NAMES, type StickyBy } from '@signalbox/domain';
import { z } from 'zod';
import { byteQuantity, formatByteQuantity } from '../byte-quantity.ts';
import { duration, formatDuration } from '../duration.ts';
import { hasUnknownField } from '../exactly-one.ts';
import { expected } from '../expected.ts';
import { fields, oneOf, wholeNumber } from '../fields.ts';
import { httpToken, versionName } from '../names.ts';
import { withoutNulls } from '../without-nulls.ts';
import { percent } from './percent.ts';

/** All three are written: what is left out here would not be what the gateway does without a queue of the route's own. */
export const queue = fields({
  maxRequests: wholeNumber(0, 100_000),
  maxBytes: byteQuantity,
  maxWait: duration({ minMs: 0 }),
}).transform(({ maxWait, ...bounds }) => ({ ...bounds, maxWaitMs: maxWait }));

export function renderQueue({
  maxRequests,
  maxBytes,
  maxWaitMs,
}: NonNullable<RouteSpec['queue']>): z.input<typeof queue> {
  return { maxRequests, maxBytes: formatByteQuantity(maxBytes), maxWait: formatDuration(maxWaitMs) };
}

const weightOptions = expected('a number from 0 to 100');
const weight = z.number(weightOptions).min(0, weightOptions).max(100, weightOptions).exactOptional();
const weights = Object.fromEntries(SCORER_NAMES.map((name) => [name, weight])) as Record<
  (typeof SCORER_NAMES)[number],
  typeof weight
>;

export const routing = fields({ weights: fields(weights, 'a map of scorers and their weights') });

const bearers = ['key', 'header', 'cookie'] as const;

export const sticky = fields({ by: oneOf(bearers), name: httpToken.nullish() }).transform(
  ({ by, name }, ctx): StickyBy => {
    const given = name ?? null;
    if (by === 'key') {
      const message = 'a key has no name here: leave this out';
      if (given !== null) ctx.addIssue({ code: 'custom', path: ['name'], message });
      return { by };
    }
    if (given === null && !hasUnknownField(ctx)) {
      ctx.addIssue({ code: 'custom', path: ['name'], message: `missing: expected the name of the ${by}` });
    }
    // Names of headers are compared in lower case, those of cookies as they are.
    return { by, name: by === 'header' ? (given ?? '').toLowerCase() : (given ?? '') };
  },
);

export function renderSticky(it: StickyBy): z.input<typeof sticky> {
  return it.by === 'key' ? { by: 'key' } : { by: it.by, name: it.name };
}

export const shadow = fields({
  version: versionName,
  percent,
  maxConcurrent: wholeNumber(1, 10_000).nullish(),
}).transform(({ version, percent: basisPoints, maxConcurrent }) => ({
  version,
  basisPoints,
  ...withoutNulls({ maxConcurrent: maxConcurrent ?? null }),
}));

export function renderShadow({
  version,
  basisPoints,
  ...bounds
}: NonNullable<RouteSpec['shadow']>): z.input<typeof shadow> {
  return { version, percent: basisPoints / 100, ...bounds };
}
