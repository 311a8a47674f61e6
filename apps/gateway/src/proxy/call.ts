import type { Reply } from '../callers/reply.ts';
import type { Backend, Route } from '../routing/routing-table.ts';
import type { Dialect, StreamEnd } from './endpoints.ts';

/** A request as it arrived: what outlives its head. */
export interface Call {
  readonly reply: Reply;
  readonly id: string;
  readonly traceId: string;
  /** For the engine: the caller's trace under a parent of ours. */
  readonly traceparent: string;
  /** On the monotonic clock. */
  readonly startedAt: number;
  readonly path: string;
}

/** What an engine is sent, but for the replica's address. */
export interface EngineRequest {
  method: 'GET' | 'POST';
  /** With its query. */
  target: string;
  body: Buffer | null;
}

/** A call that was let in and knows where it goes: what the exchange needs to carry it out. */
export interface RoutedCall extends Call {
  readonly keyId: string | null;
  readonly dialect: Dialect;
  readonly streamEnd: StreamEnd;
  readonly route: Route;
  readonly bytesIn: number;
  /** Header lines for the engine; host and length are added by whoever sends. */
  readonly lines: string;
  /** The request as this revision's engine wants it, under its own model name. */
  readonly upstream: (backend: Backend) => EngineRequest;
}
