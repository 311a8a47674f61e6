import { type Database, repositories } from '@signalbox/db';
import type { Clock } from '@signalbox/runtime';

const hourMs = 60 * 60 * 1_000;
/** A client that repeats a request does so within minutes. */
const idempotencyMs = 24 * hourMs;
/** A stream's reader that was away longer than this reads everything again. */
const changesMs = 48 * hourMs;

/** Run now and then by one process. */
export async function forgetOldRecords(database: Database, clock: Clock): Promise<void> {
  const { idempotency, changes } = repositories(database);
  await idempotency.expire(clock.now() - idempotencyMs);
  await changes.prune(clock.now() - changesMs);
}
