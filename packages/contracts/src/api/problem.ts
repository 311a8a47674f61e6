import { type ErrorCode, errorCatalogue } from '@signalbox/domain';
import { z } from 'zod';

export const ERROR_CODES = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]];

/** Where a code is explained; relative, so that it leads to this installation's own documentation. */
export function problemType(code: ErrorCode): string {
  return `/docs/errors#${code}`;
}

const place = z
  .object({
    message: z.string(),
    path: z.string().optional(),
    file: z.string().optional(),
    line: z.number().int().optional(),
    column: z.number().int().optional(),
    allowed: z.array(z.string()).optional(),
    nearest: z.string().optional(),
  })
  .meta({ id: 'InputProblem', description: 'A place in the input that is wrong' });

/** RFC 9457. `code` is stable and meant for programs; `detail` says what to do and is meant for people. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(ERROR_CODES),
    detail: z.string(),
    requestId: z.string(),
    problems: z.array(place),
  })
  .meta({ id: 'Problem' });

export type ProblemDocument = z.output<typeof problemSchema>;
