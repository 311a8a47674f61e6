import type {
  PriorityClass,
  SnapshotBackend,
  SnapshotRoute,
  TokenCounts,
  UsageExactness,
  UsageOutcome,
} from '@signalbox/domain';
import type { Dialect } from '../dialects/dialect.ts';

/**
 * Everything that is known of a call when it is over: plain data, made once per call and read by metrics, log, traces,
 * capture and usage. Times in ms count from `startedAt`, when the whole request had arrived, on a clock that never
 * jumps.
 */
export interface CallSummary {
  requestId: string;
  traceId: string;
  /** The caller's span; null when the trace began here. */
  parentSpanId: string | null;
  /** What went to the engines in `traceparent`. */
  spanId: string;
  sampled: boolean;
  /** The path that was called, without query. */
  operation: string;
  dialect: Dialect;
  stream: boolean;
  keyId: string | null;
  priority: PriorityClass;
  route: SnapshotRoute;
  /** The revision of the last attempt; null when the call reached none. */
  backend: SnapshotBackend | null;
  replicaId: string | null;
  /** The way it took through the gateway. */
  path: CallPath;
  /** Ms since the epoch. */
  startedAt: number;
  queuedMs: number;
  /** When the first attempt was sent; null when none was. */
  dispatchedMs: number | null;
  firstByteMs: number | null;
  durationMs: number;
  status: number;
  outcome: UsageOutcome;
  attempts: readonly CallAttempt[];
  tokens: TokenCounts;
  exactness: UsageExactness;
  /** As the engine told it: `stop`, `length`, `tool_calls`. */
  finishReason: string | null;
  /** Event frames that were passed on; 0 for an answer that is no event stream. */
  frames: number;
  bytesIn: number;
  bytesOut: number;
  /** What the request asked for, where that was cheap to see. */
  maxOutputTokens: number | null;
  choices: number;
}

export const CALL_PATHS = ['fast', 'node', 'http2'] as const;
export type CallPath = (typeof CALL_PATHS)[number];

export const CALL_OUTCOMES: readonly UsageOutcome[] = [
  'ok',
  'callerError',
  'error',
  'cancelled',
  'unserved',
  'refused',
];

export interface CallAttempt {
  replicaId: string;
  /** `deployment/number`. */
  revision: string;
  startedMs: number;
  endedMs: number;
  /** `unreachable`, `reset`, `timeout`, `malformed` or `status 503`; null for an attempt that gave the answer. */
  failure: string | null;
}

/** Why a call failed, in few words: OpenTelemetry's `error.type`. Null for one that did not. */
export function errorTypeOf(call: CallSummary): string | null {
  switch (call.outcome) {
    case 'ok':
      return null;
    case 'callerError':
      return String(call.status);
    case 'error':
      return call.attempts.at(-1)?.failure?.replace('status ', '') ?? String(call.status);
    default:
      return call.outcome;
  }
}

/** Whether somebody should look: not what callers did wrong, gave up, or sent too much of. */
export function isFailed({ outcome, status }: CallSummary): boolean {
  return outcome === 'error' || outcome === 'unserved' || status >= 500;
}
