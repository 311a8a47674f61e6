import { z } from 'zod';
import { fields } from './fields.ts';

/** The one field that was written, with its name. */
export type Chosen<Choices extends Record<string, z.ZodType>> = {
  [Name in keyof Choices & string]: { kind: Name; value: z.output<Choices[Name]> };
}[keyof Choices & string];

/**
 * A map of which exactly one field is written: `{ oci: … }`. Not a zod union: that would tell what is wrong with
 * every branch, or with none.
 */
export function exactlyOne<const Choices extends Record<string, z.ZodType>>(choices: Choices, what: string) {
  const names = Object.keys(choices);
  const shape = Object.fromEntries(Object.entries(choices).map(([name, schema]) => [name, schema.nullish()]));
  return fields(shape as { [Name in keyof Choices]: z.ZodOptional<z.ZodNullable<Choices[Name]>> }, what).transform(
    (written, ctx): Chosen<Choices> => {
      const given = Object.entries(written).filter(([, value]) => value !== undefined && value !== null);
      const [first] = given;
      if (first !== undefined && given.length === 1) return { kind: first[0], value: first[1] } as Chosen<Choices>;
      ctx.addIssue({ code: 'custom', message: choiceMessage(given, names), params: { allowed: names } });
      return z.NEVER;
    },
  );
}

function choiceMessage(given: readonly [string, unknown][], names: readonly string[]): string {
  if (given.length === 0) return `write one of ${names.join(', ')}`;
  return `write only one of these: ${given.map(([name]) => name).join(', ')}`;
}
