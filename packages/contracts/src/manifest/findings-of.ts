import { nearestName } from '@signalbox/domain';
import type { z } from 'zod';
import { describeValue } from './expected.ts';
import type { Finding } from './finding.ts';
import type { Path } from './path.ts';

export type Reading<T> = { kind: 'read'; value: T } | { kind: 'wrong'; findings: readonly Finding[] };

/** Everything that a schema has against a value, in our own words. */
export function readWith<T>(schema: z.ZodType<T>, value: unknown): Reading<T> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return { kind: 'read', value: result.data };
  return { kind: 'wrong', findings: withoutRepeats(result.error.issues.flatMap(findingsOf)) };
}

function findingsOf(issue: z.core.$ZodIssue): readonly Finding[] {
  const path = issue.path as Path;
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = issue.message === '' ? [] : issue.message.split('\n');
      return issue.keys.map((key) => unknownField([...path, key], key, known));
    }
    case 'invalid_value': {
      const values = issue.values.map(String);
      return [{ path, message: issue.message, allowed: values, ...nearestOf(issue.input, values) }];
    }
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ path, message, atKey: true }));
    case 'custom': {
      const extra = issue.params as Pick<Finding, 'allowed'> | undefined;
      return [{ path, message: issue.message, ...extra }];
    }
    default:
      return [{ path, message: issue.message }];
  }
}

function unknownField(path: Path, key: string, known: readonly string[]): Finding {
  const message = `there is no field ${describeValue(key, [])}`;
  return { path, message, allowed: known, ...nearestOf(key, known), atKey: true };
}

export function nearestOf(value: unknown, known: readonly string[]): { nearest?: string } {
  const nearest = typeof value === 'string' ? nearestName(value, known) : undefined;
  return nearest === undefined ? {} : { nearest };
}

/** Two bounds of one value can be hurt at once, and say the same. */
function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((it) => [JSON.stringify([it.path, it.message]), it])).values()];
}
