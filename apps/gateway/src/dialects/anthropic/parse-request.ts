import type { z } from 'zod';

export type Parsed<T> = { kind: 'read'; value: T } | { kind: 'refused'; because: string; param: string | null };

/** Reads a body or says which field is wrong or cannot be translated: always the one deepest inside. */
export function parseRequest<T>(body: Buffer, schema: z.ZodType<T>): Parsed<T> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return { kind: 'refused', because: 'The body is not valid JSON.', param: null };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: 'read', value: parsed.data };
  const [issue] = parsed.error.issues;
  const found = issue === undefined ? { path: [], text: 'is not as it must be' } : deepest(issue, []);
  const param = found.path.join('.');
  return { kind: 'refused', because: `${param === '' ? 'The body' : param} ${found.text}.`, param: param || null };
}

interface Found {
  path: PropertyKey[];
  text: string;
}

type Issue = z.core.$ZodIssue;

function deepest(issue: Issue, at: readonly PropertyKey[]): Found {
  const path = [...at, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return { path: [...path, issue.keys[0] ?? ''], text: 'is not offered for this model' };
  if (issue.code === 'invalid_union') {
    // The branches of a union: the one that was meant failed the furthest inside.
    const inner = issue.errors.flat().map((error) => deepest(error, path));
    const furthest = inner.reduce<Found | undefined>(
      (best, next) => (next.path.length > (best?.path.length ?? path.length) ? next : best),
      undefined,
    );
    if (furthest !== undefined) return furthest;
    return { path, text: issue.discriminator === undefined ? 'is of the wrong type' : 'is not offered for this model' };
  }
  return { path, text: `is wrong: ${issue.message}` };
}
