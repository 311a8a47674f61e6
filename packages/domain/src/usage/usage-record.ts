import type { PriorityClass } from '../limits/limit.ts';

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
export type UsageExactness = 'exact' | 'partial' | 'estimated' | 'none';

/** `unserved`: no replica could take it; `refused`: a limit or a full queue; all else is how the last attempt ended. */
export type UsageOutcome = 'ok' | 'callerError' | 'error' | 'cancelled' | 'unserved' | 'refused';

/** One caller's request, whatever number of tries it took. The id makes delivery idempotent. */
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
}
