import { z } from 'zod';
import { expected, expectedText, mismatch } from './expected.ts';

/** Fields that are known only to be refused: they never count among the allowed ones. */
const refusedFields = z.registry<Record<string, never>>();

/**
 * A map with these fields and no others. zod tells which fields are unknown but not which are known: the message of
 * that issue carries the known ones to `findingsOf`, which writes the real message.
 */
export function fields<const Shape extends z.ZodRawShape>(shape: Shape, what = 'a map') {
  const known = Object.keys(shape).filter((name) => !refusedFields.has(shape[name] as z.ZodType));
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? known.join('\n') : mismatch(what, issue)),
  });
}

/** A field that may only be absent (or null, which is how some write that). */
export function refused(message: string) {
  const schema = z.null({ error: message }).optional();
  refusedFields.add(schema, {});
  return schema;
}

export function notYet(what: string) {
  return refused(`${what} is not supported yet: leave it out`);
}

/** Absent and null mean the default, which is written the way a user would write it. */
export function withDefault<Schema extends z.ZodType>(schema: Schema, written: z.input<Schema>) {
  const fallback = schema.parse(written);
  return schema
    .nullish()
    .transform((value) => value ?? fallback)
    .meta({ default: written });
}

/** Absent and null mean null. */
export function orNull<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? null);
}

export function listOf<Schema extends z.ZodType>(item: Schema, what: string) {
  return z.array(item, expected(`a list of ${what}`));
}

export function mapOf<Schema extends z.ZodType>(value: Schema, what: string, key: z.ZodString = z.string()) {
  return z.record(key, value, expected(`a map of ${what}`));
}

export function text(what: string, { pattern, max = 2_000 }: { pattern?: RegExp; max?: number } = {}) {
  const schema = z.string(expectedText(what)).min(1, expectedText(what));
  const bounded = schema.max(max, `longer than ${max} characters`);
  return pattern === undefined ? bounded : bounded.regex(pattern, expectedText(what));
}

export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, expectedText(`one of ${values.join(', ')}`));
}

export function wholeNumber(min: number, max: number) {
  const options = expected(`a whole number from ${min} to ${max}`);
  return z.int(options).min(min, options).max(max, options);
}

/** Reports every repetition in a list of names. */
export function noRepeats(items: readonly string[], ctx: z.RefinementCtx): void {
  for (const [index, item] of items.entries()) {
    if (items.indexOf(item) < index)
      ctx.addIssue({ code: 'custom', path: [index], message: `${item} is listed twice` });
  }
}
