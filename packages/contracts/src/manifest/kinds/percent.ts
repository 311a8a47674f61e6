import { z } from 'zod';
import { expected } from '../expected.ts';

const options = expected('a percentage above 0 and at most 100, such as 5 or 0.25');

/** How many of a hundred, to the hundredth, as basis points. */
export const percent = z
  .number(options)
  .min(0.01, options)
  .max(100, options)
  .multipleOf(0.01, options)
  .transform((written) => Math.round(written * 100));
