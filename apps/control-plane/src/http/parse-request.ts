import type { Operation } from '@signalbox/contracts';
import { AppError, nearestName, type Problem } from '@signalbox/domain';
import type { Request } from 'express';
import type { z } from 'zod';

export interface ParsedRequest {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** Checks all parts of a request at once, so that the caller learns of every problem in one answer. */
export function parseRequest(operation: Operation, request: Pick<Request, 'params' | 'query' | 'body'>): ParsedRequest {
  const problems: Problem[] = [];
  const parse = (part: string, schema: z.ZodType | undefined, value: unknown): unknown => {
    const parsed = schema?.safeParse(value);
    if (parsed === undefined || parsed.success) return parsed?.data;
    problems.push(...parsed.error.issues.flatMap((issue) => problemsOf(part, issue, fieldsOf(schema))));
    return undefined;
  };
  const result = {
    params: parse('params', operation.request?.params, request.params),
    query: parse('query', operation.request?.query, request.query),
    body: parse('body', operation.request?.body, request.body),
  };
  if (problems.length === 0) return result;
  const told = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new AppError('request.invalid', { problems: told }, { problems });
}

function problemsOf(part: string, issue: z.core.$ZodIssue, known: readonly string[]): Problem[] {
  const path = [part, ...issue.path].join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownField(`${path}.${key}`, key, issue.path.length === 0 ? known : []));
  }
  if (issue.code === 'invalid_value') {
    return [{ path, message: issue.message, allowed: issue.values.map(String) }];
  }
  return [{ path, message: issue.message }];
}

function unknownField(path: string, key: string, known: readonly string[]): Problem {
  const nearest = nearestName(key, known);
  const message = nearest === undefined ? 'there is no such field' : `there is no such field; did you mean ${nearest}?`;
  return {
    path,
    message,
    ...(known.length === 0 ? {} : { allowed: known }),
    ...(nearest === undefined ? {} : { nearest }),
  };
}

/** Names of the outermost fields, through a default around them. */
function fieldsOf(schema: z.ZodType | undefined): readonly string[] {
  if (schema === undefined) return [];
  if ('shape' in schema) return Object.keys(schema.shape as object);
  return 'unwrap' in schema ? fieldsOf((schema as z.ZodDefault<z.ZodObject>).unwrap()) : [];
}
