import type { RouteSpec } from '@signalbox/domain';
import type { z } from 'zod';
import { duration, formatDuration } from '../duration.ts';
import { fields, listOf, noRepeats, text, withDefault } from '../fields.ts';
import { httpToken } from '../names.ts';

// As browsers send it: lower case, without a path and without the port that the scheme implies.
const origin = text('an origin such as https://app.example.com, or *', {
  pattern: /^(\*|https?:\/\/([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(:\d{1,5})?)$/,
  max: 300,
});

const origins = listOf(origin, 'origins')
  .min(1, 'write at least one origin')
  .max(100, 'at most 100 origins')
  .superRefine(noRepeats)
  .superRefine((list, ctx) => {
    if (list.length === 1 || !list.includes('*')) return;
    ctx.addIssue({ code: 'custom', path: [list.indexOf('*')], message: '* is every origin: leave the others out' });
  });

const wholeSeconds = duration({ minMs: 0 }).refine((ms) => ms % 1_000 === 0, 'expected whole seconds, such as 10m');

export const cors = fields({
  origins,
  headers: withDefault(listOf(httpToken, 'header names').max(100, 'at most 100 headers').superRefine(noRepeats), []),
  maxAge: withDefault(wholeSeconds, '10m'),
}).transform(({ origins, headers, maxAge }) => ({ origins, headers, maxAgeSeconds: maxAge / 1_000 }));

export function renderCors({ origins, headers, maxAgeSeconds }: NonNullable<RouteSpec['cors']>): z.input<typeof cors> {
  return {
    origins: [...origins],
    ...(headers.length === 0 ? {} : { headers: [...headers] }),
    maxAge: formatDuration(maxAgeSeconds * 1_000),
  };
}
