import type { RequestHead } from '../http1/request-head.ts';
import type { CallPath } from '../observe/call-summary.ts';
import type { Reply } from './reply.ts';

/** Where a request came from. */
export interface Peer {
  /**
   * Of the caller, in plain form: the socket's, unless a trusted proxy told of another. Whoever counts by callers, such
   * as wrong keys, counts by this.
   */
  readonly address: string;
  /** Which of the servers took it in: a label of the metrics. */
  readonly path: CallPath;
}

/** A call whose head was accepted and whose body is awaited. */
export interface PendingCall {
  readonly maxBodyBytes: number;
  /** The whole body has come. */
  proceed(body: Buffer): void;
  /** The body is longer than allowed, or came too slowly; the reply is answered. */
  refuse(problem: 'tooLarge' | 'tooSlow'): void;
}

/** The policy as the servers see it. */
export interface CallHandler {
  /** Undefined: answered by the head alone. The head is the server's own and changes with the next request. */
  begin(head: RequestHead, reply: Reply, peer: Peer): PendingCall | undefined;
}
