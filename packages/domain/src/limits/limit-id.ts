import type { LimitSpec } from './limit.ts';

/** Whose bound it is. A project's is one bucket for all of its keys. */
export type LimitScope = `project/${string}` | `key/${string}` | `route/${string}`;

/** `project/support/tokens/day`: the same id is the same bucket, through changes of the amount. */
export function limitId(scope: LimitScope, { of, per }: LimitSpec): string {
  return per === null ? `${scope}/${of}` : `${scope}/${of}/${per}`;
}
