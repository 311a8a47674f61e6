import type { PriorityClass } from '@signalbox/domain';
import type { Flow } from './flow.ts';

/**
 * Why a request did not go through the queue.
 * - `queueFull`: the route's queue is full, or a request of a higher class took the place.
 * - `tenantFull`: this tenant alone fills its part of the queue.
 * - `waitTooLong`: it would wait longer than the route allows, or did.
 * - `deadline`: it would wait longer than the request itself allows, or did.
 * - `callerGone`: the caller left while it waited.
 * - `draining`: the gateway goes.
 */
export type QueueOutcome = 'queueFull' | 'tenantFull' | 'waitTooLong' | 'deadline' | 'callerGone' | 'draining';

export interface QueueRefusal {
  kind: 'queue';
  outcome: QueueOutcome;
  /** When a retry would find a place; 0 where it makes no difference. */
  retryAfterMs: number;
}

/** A request as the queue sees it; what carries the request out implements it, so that no closure is needed. */
export interface QueueTicket {
  /** Who shares with whom: the key, or where there is none the project. */
  readonly tenant: string;
  /** The tenant's part beside other tenants of its class. */
  readonly weight: number;
  readonly priority: PriorityClass;
  /** What is held in memory for it while it waits. */
  readonly bytes: number;
  /** As reserved. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** On the monotonic clock; infinite where the caller set none. */
  readonly deadlineAt: number;
  /** Kept by the queue from `enter` to `released`; undefined before. */
  place: Place | undefined;
  /** Its turn, once, after `queued`. It must take its room before it returns. */
  admitted(waitedMs: number): void;
  /** Its end, once, after `queued`. */
  refused(refusal: QueueRefusal): void;
}

/** A request in the queue, and what it was charged until its true use is known. */
export interface Place {
  readonly ticket: QueueTicket;
  readonly flow: Flow<Place>;
  readonly cost: number;
  readonly enteredAt: number;
  readonly expiresAt: number;
  waiting: boolean;
  heapAt: number;
}

/** An output token takes an engine about twice as long as an input token, which it reads many at a time. */
export function costOf(inputTokens: number, outputTokens: number): number {
  return inputTokens + 2 * outputTokens;
}
