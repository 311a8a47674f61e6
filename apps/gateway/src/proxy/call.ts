import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Backend, Route } from '../routing/routing-table.ts';
import type { UpstreamRequest } from './attempt.ts';
import type { Dialect, StreamEnd } from './endpoints.ts';

/** A request as it arrived. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly id: string;
  readonly traceId: string;
  /** For the engine: the caller's trace under a parent of ours. */
  readonly traceparent: string;
  readonly startedAt: number;
  readonly path: string;
  /** With its question mark, or empty. */
  readonly query: string;
}

/** A call that was let in and knows where it goes: what the exchange needs to carry it out. */
export interface RoutedCall extends Call {
  readonly keyId: string | null;
  readonly dialect: Dialect;
  readonly streamEnd: StreamEnd;
  readonly route: Route;
  readonly bytesIn: number;
  /** The request as this revision's engine wants it, under its own model name. */
  readonly upstream: (backend: Backend) => UpstreamRequest;
}
