import type { RoutingDecision } from '@signalbox/domain';
import { Allowance } from './allowance.ts';
import type { Decisions } from './decisions.ts';

/** Of each kind. An explanation is as large as a usage record: at a thousand requests a second all would double them. */
const perSecond = 10;
const burst = 100;

/** A request as far as it matters whether its routing is kept. */
export interface Explained {
  readonly requestId: string;
  /** Its caller wants to know. */
  readonly isAsked: boolean;
}

/**
 * Which requests' usage records say why they went where they went. Of the ordinary ones so many a second, taken when
 * they are sent, because a long stream outlives the ring of decisions; and as many of those that callers ask about, and
 * that failed or were sent again, which is known at their end. A gateway with little to do explains all of them.
 */
export class Explanations {
  readonly #decisions: Pick<Decisions, 'explain'>;
  readonly #ordinary: Allowance;
  readonly #asked: Allowance;
  readonly #troubled: Allowance;

  constructor(parts: { decisions: Pick<Decisions, 'explain'>; now: () => number }) {
    const { decisions, now } = parts;
    this.#decisions = decisions;
    this.#ordinary = new Allowance({ perSecond, burst, now });
    this.#asked = new Allowance({ perSecond, burst, now });
    this.#troubled = new Allowance({ perSecond, burst, now });
  }

  /** Undefined for a request that is not to be explained, as far as is known when it is sent. */
  whenSent({ requestId, isAsked }: Explained): readonly RoutingDecision[] | undefined {
    if (!(this.#ordinary.take() || (isAsked && this.#asked.take()))) return undefined;
    return this.#found(requestId, 1);
  }

  /** With all attempts of one that did not go well at once. */
  whenTroubled(requestId: string): readonly RoutingDecision[] | undefined {
    return this.#troubled.take() ? this.#found(requestId) : undefined;
  }

  #found(requestId: string, attempts?: number): readonly RoutingDecision[] | undefined {
    const found = this.#decisions.explain(requestId, attempts);
    return found.length === 0 ? undefined : found;
  }
}
