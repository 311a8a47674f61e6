import type { Instant } from '@signalbox/domain';

/** Instants leave as ISO 8601, so that people can read what programs get. */
export function iso(instant: Instant): string {
  return new Date(instant).toISOString();
}

export function isoOrNull(instant: Instant | null | undefined): string | null {
  return instant === null || instant === undefined ? null : iso(instant);
}
