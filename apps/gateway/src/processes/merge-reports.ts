import type { ReplicaReport, RevisionReport, RouteReport, TrafficReport } from '@signalbox/domain';

/** As many rows as one process keeps: beyond, counts of what is long gone are dropped, oldest first. */
const mostRows = 5_000;

export const noTraffic: TrafficReport = { replicas: [], revisions: [], routes: [] };

export interface Parts {
  /** Of workers that take connections. */
  serving: readonly TrafficReport[];
  /** Of workers that finish what they have. */
  leaving: readonly TrafficReport[];
  /** The counts of those that ended. */
  departed: TrafficReport;
}

/**
 * What several processes report, as the one gateway that they are.
 * - Counts are summed, and never fall: what ended workers counted stays.
 * - In flight is summed over those that live.
 * - A replica is admitted when every worker that takes connections admits it, since any of them may be the next to
 *   send a request there; it is ejected when any of them ejects it, since then part of the traffic avoids it.
 */
export function mergeReports({ serving, leaving, departed }: Parts): TrafficReport {
  const live = [...serving, ...leaving];
  return {
    replicas: mergeReplicas(serving, leaving),
    revisions: sumRevisions([departed, ...live]),
    routes: sumRoutes([departed, ...live]),
  };
}

/** Adds an ended worker's last words to those before it. Nothing of it is in flight any more. */
export function withDeparted(departed: TrafficReport, last: TrafficReport): TrafficReport {
  const routes = sumRoutes([departed, last]).map((row) => ({ ...row, inFlight: 0 }));
  return {
    replicas: [],
    revisions: sumRevisions([departed, last]).slice(-mostRows),
    routes: routes.slice(-mostRows),
  };
}

function mergeReplicas(serving: readonly TrafficReport[], leaving: readonly TrafficReport[]): ReplicaReport[] {
  const merged = new Map<string, ReplicaReport & { admittedBy: number }>();
  for (const [at, { replicas }] of [...serving, ...leaving].entries()) {
    const counts = at < serving.length;
    for (const { replicaId, admitted, inFlight, ejected } of replicas) {
      const former = merged.get(replicaId) ?? {
        replicaId,
        admitted: false,
        inFlight: 0,
        ejected: false,
        admittedBy: 0,
      };
      former.inFlight += inFlight;
      if (counts && admitted) former.admittedBy++;
      if (counts && ejected) former.ejected = true;
      merged.set(replicaId, former);
    }
  }
  return Array.from(merged.values(), ({ admittedBy, ...row }) => ({
    ...row,
    admitted: serving.length > 0 && admittedBy === serving.length,
  }));
}

function sumRevisions(reports: readonly TrafficReport[]): RevisionReport[] {
  const sums = new Map<string, RevisionReport>();
  for (const { revisions } of reports) {
    for (const row of revisions) {
      const key = `${row.routeId} ${row.revisionId}`;
      const former = sums.get(key);
      // Moves to the young end: what is dropped has not been counted for longest.
      sums.delete(key);
      sums.set(key, former === undefined ? row : sumOf(former, row));
    }
  }
  return [...sums.values()];
}

function sumOf(one: RevisionReport, other: RevisionReport): RevisionReport {
  return {
    routeId: one.routeId,
    revisionId: one.revisionId,
    requests: one.requests + other.requests,
    errors: one.errors + other.errors,
    rescued: one.rescued + other.rescued,
    cancelled: one.cancelled + other.cancelled,
    ttft: {
      counts: one.ttft.counts.map((count, at) => count + (other.ttft.counts[at] ?? 0)),
      sumMs: one.ttft.sumMs + other.ttft.sumMs,
      count: one.ttft.count + other.ttft.count,
    },
    outputTokens: one.outputTokens + other.outputTokens,
  };
}

function sumRoutes(reports: readonly TrafficReport[]): RouteReport[] {
  const sums = new Map<string, RouteReport>();
  for (const { routes } of reports) {
    for (const { routeId, inFlight, unserved } of routes) {
      const former = sums.get(routeId) ?? { routeId, inFlight: 0, unserved: 0 };
      sums.delete(routeId);
      sums.set(routeId, {
        routeId,
        inFlight: former.inFlight + inFlight,
        unserved: former.unserved + unserved,
      });
    }
  }
  return [...sums.values()];
}
