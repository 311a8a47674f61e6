import type { LimitUse } from '../limits/share-out.ts';

/** What a gateway says about itself, once a second and with every acknowledgement. Counters are since its start. */
export interface GatewayReport extends TrafficReport {
  gatewayId: string;
  /** Changes with every start of the process: counters of two boots are never subtracted. */
  bootId: string;
  startedAt: number;
  sentAt: number;
  applied: { epoch: number; number: number; hash: string };
  /** False from SIGTERM on: a draining gateway no longer has to admit replicas. */
  accepting: boolean;
  /** Limits in use, `wanted` since the report before this one. Absent: it keeps limits to itself. */
  limits?: readonly LimitUseReport[];
}

/** What became of traffic. A gateway of several processes adds up what each of them counted. */
export interface TrafficReport {
  replicas: readonly ReplicaReport[];
  revisions: readonly RevisionReport[];
  routes: readonly RouteReport[];
}

export type LimitUseReport = LimitUse & { id: string };

/** What a report is answered with: which part of each limit this gateway may give out by itself from now on. */
export interface GatewayReportAnswer {
  /** By the limit's id, 0 to 1. What is not named stays as it was. The parts of all gateways are one whole at most. */
  shares: Readonly<Record<string, number>>;
  /** How many share, this one included: of a limit whose part it was never told, each has an equal one. */
  gateways: number;
}

export interface ReplicaReport {
  replicaId: string;
  /** The gateway has a route to it: it connected and its health path answered. */
  admitted: boolean;
  inFlight: number;
  ejected: boolean;
}

/** Counts for the gate and the judge, one row per route and revision. */
export interface RevisionReport {
  routeId: string;
  revisionId: string;
  requests: number;
  /** Failures that count against the revision: 5xx, connection lost, time-out. A caller's 4xx or abort is none. */
  errors: number;
  /** Failures before the first byte that were sent again elsewhere, so that the caller saw none. Part of `errors`. */
  rescued: number;
  cancelled: number;
  /** Cumulative histogram of time to first token in ms: `counts[i]` requests at or below `TTFT_BOUNDS_MS[i]`. */
  ttft: { counts: readonly number[]; sumMs: number; count: number };
  outputTokens: number;
}

export interface RouteReport {
  routeId: string;
  inFlight: number;
  /** Requests that found no replica to go to. */
  unserved: number;
}

/** Upper bounds in ms; the last bucket of `counts` has no bound, so `counts.length = TTFT_BOUNDS_MS.length + 1`. */
export const TTFT_BOUNDS_MS = [
  1, 2, 5, 10, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 20_000,
  60_000,
] as const;
