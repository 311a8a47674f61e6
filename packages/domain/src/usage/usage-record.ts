import type { PriorityClass } from '../limits/limit.ts';
import type { RoutingDecision } from '../routing/routing-decision.ts';

/** Token counts of one request as the engine tells them. Cached is part of input, reasoning part of output. */
export interface TokenCounts {
  input: number;
  cached: number;
  output: number;
  reasoning: number;
}

/**
 * - `exact`: the engine's own usage.
 * - `partial`: the last usage that the engine told before the answer was cut (abort, loss).
 * - `estimated`: the reservation; the gateway died while the request was in flight, or nothing was told.
 * - `none`: no tokens are known of this kind of request, or it never reached an engine.
 */
export const USAGE_EXACTNESS = ['exact', 'partial', 'estimated', 'none'] as const;
export type UsageExactness = (typeof USAGE_EXACTNESS)[number];

/** `unserved`: no replica could take it; `refused`: a limit or a full queue; all else is how the last attempt ended. */
export const USAGE_OUTCOMES = ['ok', 'callerError', 'error', 'cancelled', 'unserved', 'refused'] as const;
export type UsageOutcome = (typeof USAGE_OUTCOMES)[number];

/**
 * One caller's request, whatever number of tries it took. The id makes delivery idempotent.
 *
 * Where a gateway's disk was full for long, requests of one minute, key, route, revision and outcome were merged:
 * `requests` is then above 1, tokens, times, tries and bytes are sums, and what differs from request to request
 * (request id, trace, replica, operation, routing) is empty, null or absent.
 */
export interface UsageRecord {
  /** Unique over gateways and boots; not the request id, which callers may choose. */
  id: string;
  requestId: string;
  traceId: string;
  gatewayId: string;
  project: string;
  routeId: string;
  route: string;
  keyId: string | null;
  priority: PriorityClass;
  /** Null when the request reached no revision. */
  revisionId: string | null;
  deployment: string | null;
  revision: number | null;
  model: string | null;
  version: string | null;
  versionDigest: string | null;
  engine: string | null;
  quantization: string | null;
  replicaId: string | null;
  /** The path that was called, without query: `/v1/chat/completions`. */
  operation: string;
  stream: boolean;
  /** When the whole request had arrived, ms since the epoch by the gateway's clock. */
  startedAt: number;
  queuedMs: number;
  /** From the whole request to the first byte of the answer; null when there was none. */
  firstByteMs: number | null;
  durationMs: number;
  status: number;
  outcome: UsageOutcome;
  attempts: number;
  tokens: TokenCounts;
  exactness: UsageExactness;
  bytesIn: number;
  bytesOut: number;
  /** Why each attempt went where it went; kept of some requests, and of those that failed. */
  routing?: readonly RoutingDecision[];
  /** 1 where it is absent. */
  requests?: number;
}
