export interface ChangedField {
  path: string;
  from?: unknown;
  to?: unknown;
}

/**
 * What differs between two values, by path. Objects are walked; lists are one value, because a moved element would
 * otherwise show as many changes. Null and absent are the same: a manifest that leaves a field out means null.
 */
export function changedFields(from: unknown, to: unknown, path = ''): readonly ChangedField[] {
  if (isObject(from) && isObject(to)) {
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
    return names.flatMap((name) => changedFields(from[name], to[name], path === '' ? name : `${path}.${name}`));
  }
  if (sameValue(from, to)) return [];
  return [{ path, ...(isAbsent(from) ? {} : { from }), ...(isAbsent(to) ? {} : { to }) }];
}

function sameValue(a: unknown, b: unknown): boolean {
  if (isAbsent(a) || isAbsent(b)) return isAbsent(a) && isAbsent(b);
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => changedFields(item, b[i]).length === 0);
  }
  return a === b;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
