import { z } from 'zod';
import { Secret } from './secret.ts';

/** A setting's problem, told the way its user can mend it. */
export class EnvError extends Error {
  constructor(problems: readonly string[]) {
    super(`The environment is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'EnvError';
  }
}

/**
 * Reads settings from the environment through a zod object; keys are the variables' names, empty strings count as
 * absent. All problems are told at once, without values, since a value may be a secret.
 */
export function defineEnv<Shape extends z.ZodRawShape>(shape: Shape) {
  const schema = z.object(shape);
  return (source: NodeJS.ProcessEnv = process.env): z.infer<typeof schema> => {
    const present = Object.fromEntries(
      Object.keys(shape).flatMap((name) =>
        source[name] === undefined || source[name] === '' ? [] : [[name, source[name]]],
      ),
    );
    const parsed = schema.safeParse(present);
    if (parsed.success) return parsed.data;
    throw new EnvError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  };
}

export const envSecret = z.string().transform((value) => new Secret(value));
export const envFlag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1');
export const envPort = z.coerce.number().int().min(0).max(65_535);
