import type { TrafficReport } from '@signalbox/domain';

/** A replica that went away just now is admitted by the old workers and by no new one. */
const mostMs = 5_000;

/**
 * Whether a new worker may take connections beside `others`: it has tried every replica that they send requests to.
 * A worker that had not would send its first requests to the few that it knows already.
 */
export function isWarm(
  { report, appliedAt }: { report: TrafficReport | undefined; appliedAt: number },
  others: readonly TrafficReport[],
  now: number,
): boolean {
  if (others.length === 0 || now - appliedAt >= mostMs) return true;
  if (report === undefined) return false;
  const tried = new Set(report.replicas.flatMap((row) => (row.admitted || row.ejected ? [row.replicaId] : [])));
  return others.every(({ replicas }) =>
    replicas.every((row) => !row.admitted || row.ejected || tried.has(row.replicaId)),
  );
}
