import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

/**
 * What every schema of this folder says when a value does not fit: what is expected and what came. zod asks for the
 * message after the whole document was read, so the issue carries the full path.
 */
export function expected(what: string): { error: (issue: Issue) => string } {
  return { error: (issue) => mismatch(what, issue) };
}

/** For text: what YAML reads as a number or a boolean was often meant as text (`1.10`, `12e3`, `true`). */
export function expectedText(what: string): { error: (issue: Issue) => string } {
  return {
    error: (issue) => {
      const hint = typeof issue.input === 'number' || typeof issue.input === 'boolean' ? ': put it in quotes' : '';
      return `${mismatch(what, issue)}${hint}`;
    },
  };
}

export function mismatch(what: string, issue: Issue): string {
  if (issue.input === undefined) return `missing: expected ${what}`;
  return `expected ${what}, got ${describeValue(issue.input, issue.path ?? [])}`;
}

/** Short, on one line, and without anything that may be a secret. */
export function describeValue(value: unknown, path: readonly PropertyKey[]): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (mayBeSecret(value, path)) return `a ${typeof value}`;
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  return `the ${typeof value} ${String(value)}`;
}

const secretName =
  /(^|[-_.])(token|secret|password|passwd|passphrase|credentials?|authorization|api[-_]?key|access[-_]?key|private[-_]?key)s?$/;

/** Environment values, fields named like a secret, and addresses with a user in them. */
function mayBeSecret(value: unknown, path: readonly PropertyKey[]): boolean {
  if (typeof value === 'string' && /:\/\/[^/]*@/.test(value)) return true;
  return path.some((part) => part === 'env' || (typeof part === 'string' && secretName.test(inKebabCase(part))));
}

function inKebabCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
