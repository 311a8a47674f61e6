/** Leaves out what would only say that nothing is said. */
export function withoutNulls<T extends Record<string, unknown>>(value: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const said = Object.entries(value).filter(([, field]) => field !== null && field !== undefined && !isEmpty(field));
  return Object.fromEntries(said) as { [K in keyof T]?: NonNullable<T[K]> };
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
