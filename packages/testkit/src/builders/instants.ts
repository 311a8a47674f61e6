import type { Instant } from '@signalbox/domain';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;

/** `12:05` or `12:05:30` as an instant of some day. */
export function at(time: string): Instant {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * SECOND_MS;
}
