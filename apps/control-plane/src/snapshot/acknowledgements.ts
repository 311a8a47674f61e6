import { type Database, repositories, type SnapshotNumber } from '@signalbox/db';
import type { GatewayReport } from '@signalbox/domain';
import type { Clock } from '@signalbox/runtime';
import type { GatewayReports } from './gateway-reports.ts';

export interface Acknowledgement {
  id: string;
  /** From the start of waiting; null: it did not acknowledge in time. */
  acknowledgedMs: number | null;
}

/** Reports may come in over another API process: those are found in the database. */
const LOOK_MS = 20;

/**
 * Waits until every live gateway serves by this snapshot or a newer one, at most `timeoutMs`. A gateway that fell
 * silent before the wait began is named too, so that a rollback says who did not answer.
 */
export async function awaitAcknowledgements(
  deps: { db: Database; clock: Clock; reports: Pick<GatewayReports, 'onReport'>; silentMs: number },
  wanted: SnapshotNumber,
  since: number,
  timeoutMs: number,
): Promise<readonly Acknowledgement[]> {
  const { db, clock } = deps;
  const answered = new Map<string, number>();
  let arrived = Promise.withResolvers<void>();
  const note = (id: string, applied: GatewayReport['applied']): void => {
    if (answered.has(id) || applied.epoch < wanted.epoch) return;
    if (applied.epoch === wanted.epoch && applied.number < wanted.number) return;
    answered.set(id, clock.now() - since);
    arrived.resolve();
  };
  const stop = deps.reports.onReport((report) => note(report.gatewayId, report.applied));
  try {
    const deadline = clock.now() + timeoutMs;
    for (;;) {
      const rows = await repositories(db).gateways.listLive(since - deps.silentMs);
      for (const row of rows) note(row.id, { epoch: row.appliedEpoch, number: row.appliedNumber, hash: '' });
      const expected = rows.filter((row) => row.accepting);
      if (expected.every((row) => answered.has(row.id)) || clock.now() >= deadline) {
        return expected.map((row) => ({ id: row.id, acknowledgedMs: answered.get(row.id) ?? null }));
      }
      arrived = Promise.withResolvers<void>();
      await Promise.race([arrived.promise, clock.sleep(LOOK_MS)]);
    }
  } finally {
    stop();
  }
}
