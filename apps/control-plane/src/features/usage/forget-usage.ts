import { type Database, repositories } from '@signalbox/db';
import type { Clock } from '@signalbox/runtime';

const dayMs = 24 * 3_600_000;
/** In one statement: well within its time, and no lock is held for long. */
const atOnce = 20_000;

/** Removes usage records that came more than so many days ago. Sums by the hour stay. */
export async function forgetUsage(database: Database, clock: Clock, days: number): Promise<void> {
  const { usage } = repositories(database);
  const before = clock.now() - days * dayMs;
  while ((await usage.prune(before, atOnce)) === atOnce);
}
