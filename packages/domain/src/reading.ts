import type { Instant } from './instant.ts';

/** A fact that was read from outside, or the knowledge that it could not be. Silence is never a value. */
export type Reading<T> =
  | { kind: 'known'; value: T; at: Instant }
  | { kind: 'unknown'; since: Instant; because: string };

export function known<T>(value: T, at: Instant): Reading<T> {
  return { kind: 'known', value, at };
}

export function unknown<T>(since: Instant, because: string): Reading<T> {
  return { kind: 'unknown', since, because };
}
