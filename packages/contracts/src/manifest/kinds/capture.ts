import { REDACT_FLAGS, type RouteSpec } from '@signalbox/domain';
import type { z } from 'zod';
import { fields, listOf, text, withDefault } from '../fields.ts';
import { percent } from './percent.ts';

const redaction = text('a regular expression', { max: 500 }).superRefine((written, ctx) => {
  const message = problemOf(written);
  if (message !== undefined) ctx.addIssue({ code: 'custom', message });
});

export const capture = fields({
  percent,
  redact: withDefault(listOf(redaction, 'regular expressions').max(50, 'at most 50 regular expressions'), []),
}).transform(({ percent: basisPoints, redact }) => ({ basisPoints, redact }));

function problemOf(written: string): string | undefined {
  if (written === '') return undefined;
  try {
    if (!new RegExp(written, REDACT_FLAGS).test('')) return undefined;
    return 'this matches no text at all, and so everywhere: leave out what is optional, such as * for +';
  } catch (error) {
    // `Invalid regular expression: /(/gu: Unterminated group`: the last part says why.
    const because = (error as Error).message.split(`/${REDACT_FLAGS}: `).at(-1) ?? '';
    return `this cannot be read as a regular expression: ${because.toLowerCase()}`;
  }
}

export function renderCapture({ basisPoints, redact }: NonNullable<RouteSpec['capture']>): z.input<typeof capture> {
  return { percent: basisPoints / 100, ...(redact.length === 0 ? {} : { redact: [...redact] }) };
}
