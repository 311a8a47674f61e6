import type { GatewayReport, RevisionCounts, RevisionReport } from '@signalbox/domain';

/**
 * What a report adds to the totals: the difference to the gateway's previous report, or all of it after a restart.
 * Counters of two boots are never subtracted. One row per route and revision.
 */
export function reportDelta(
  report: GatewayReport,
  previous: GatewayReport | undefined,
): readonly { revisionId: string; counts: RevisionCounts }[] {
  const before = previous?.bootId === report.bootId ? previous.revisions : [];
  const known = new Map(before.map((row) => [`${row.routeId} ${row.revisionId}`, row]));
  return report.revisions.flatMap((row) => {
    const counts = rowDelta(row, known.get(`${row.routeId} ${row.revisionId}`));
    const empty = counts.requests + counts.errors + counts.cancelled + (counts.ttftCounts.at(-1) ?? 0) === 0;
    return empty ? [] : [{ revisionId: row.revisionId, counts }];
  });
}

function rowDelta(row: RevisionReport, before: RevisionReport | undefined): RevisionCounts {
  const minus = (now: number, then: number | undefined) => Math.max(0, now - (then ?? 0));
  return {
    requests: minus(row.requests, before?.requests),
    errors: minus(row.errors, before?.errors),
    rescued: minus(row.rescued, before?.rescued),
    cancelled: minus(row.cancelled, before?.cancelled),
    ttftCounts: row.ttft.counts.map((count, i) => minus(count, before?.ttft.counts[i])),
  };
}
