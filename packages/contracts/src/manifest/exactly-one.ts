import { z } from 'zod';
import { fields } from './fields.ts';

/** The one field that was written, with its name. */
export type Chosen<Choices extends Record<string, z.ZodType>> = {
  [Name in keyof Choices & string]: { kind: Name; value: z.output<Choices[Name]> };
}[keyof Choices & string];

/**
 * A map of which exactly one field is written: `{ oci: … }`. Not a zod union: that would tell what is wrong with
 * every branch, or with none. `convert` is no transform behind this one: zod would run that on what is refused, too.
 */
export function exactlyOne<const Choices extends Record<string, z.ZodType>, T>(
  choices: Choices,
  what: string,
  convert: (chosen: Chosen<Choices>) => T,
) {
  const names = Object.keys(choices);
  const shape = Object.fromEntries(Object.entries(choices).map(([name, schema]) => [name, schema.nullish()]));
  return fields(shape as { [Name in keyof Choices]: z.ZodOptional<z.ZodNullable<Choices[Name]>> }, what).transform(
    (written, ctx): T => {
      const given = Object.entries(written).filter(([, value]) => value !== undefined && value !== null);
      const [first] = given;
      if (first !== undefined && given.length === 1)
        return convert({ kind: first[0], value: first[1] } as Chosen<Choices>);
      if (!hasUnknownField(ctx)) {
        const message = choiceMessage(
          given.map(([name]) => name),
          names,
        );
        ctx.addIssue({ code: 'custom', message, params: { allowed: names } });
      }
      return z.NEVER;
    },
  );
}

/**
 * Then the field that seems to be missing is probably there, misspelt: one message is enough. An unknown field is the
 * one issue after which zod goes on with transforms.
 */
export function hasUnknownField({ issues }: z.RefinementCtx): boolean {
  return issues.some(({ code }) => code === 'unrecognized_keys');
}

export function choiceMessage(given: readonly string[], names: readonly string[]): string {
  if (given.length === 0) return `write one of ${names.join(', ')}`;
  return `write only one of these: ${given.join(', ')}`;
}
