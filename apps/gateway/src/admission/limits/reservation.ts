import type { LimitedQuantity } from '@signalbox/domain';
import { type Bucket, tickMs } from './bucket.ts';

/** A request that does not fit: the limit that holds it back longest, and when it would no longer do so. */
export interface LimitRefusal {
  kind: 'limit';
  limit: Bucket;
  need: number;
  /** Infinite when the request alone is larger than the limit. */
  retryAfterMs: number;
}

const none: readonly Bucket[] = [];

/**
 * What one request holds of its limits: a guess when it is let in, the truth when it ends. All methods are cheap and
 * allocate nothing (but for a refusal); a request that is over may use its reservation again for the next one.
 */
export class Reservation {
  #ofKey: readonly Bucket[] = none;
  #ofRoute: readonly Bucket[] = none;
  #input = 0;
  #output = 0;
  #at = 0;

  /** Takes from all limits or from none. A limit that stands with both key and route is charged once. */
  reserve(
    ofKey: readonly Bucket[],
    ofRoute: readonly Bucket[],
    input: number,
    output: number,
    now: number,
  ): LimitRefusal | undefined {
    const tick = Math.floor(now / tickMs);
    let binding: Bucket | undefined;
    for (const bucket of ofKey) if (!bucket.fits(needOf(bucket.of, input, output), tick)) binding = bucket;
    for (const bucket of ofRoute) if (!bucket.fits(needOf(bucket.of, input, output), tick)) binding = bucket;
    if (binding !== undefined) return refusalOf([binding, ...ofKey, ...ofRoute], input, output, now);
    this.#ofKey = ofKey;
    this.#ofRoute = ofRoute;
    this.#input = input;
    this.#output = output;
    this.#at = now;
    for (const bucket of ofKey) bucket.take(needOf(bucket.of, input, output), tick);
    for (const bucket of ofRoute) if (!ofKey.includes(bucket)) bucket.take(needOf(bucket.of, input, output), tick);
    return undefined;
  }

  /**
   * The answer is longer than was reserved: charges the rest while it runs. For streams, every so many frames; what
   * is in flight beyond its reservation is all that limits can be passed by.
   */
  outgrew(output: number, now: number): void {
    if (output <= this.#output) return;
    this.#charge(this.#input, output, Math.floor(now / tickMs));
    this.#output = output;
  }

  /** The request is over and used this much. Later calls change nothing. */
  settle(input: number, output: number, now: number): void {
    if (this.#ofKey === none && this.#ofRoute === none) return;
    this.#charge(input, output, Math.floor(now / tickMs));
    this.#leave(now);
  }

  /** The request never went anywhere: everything is given back, the request itself as well. */
  release(now: number): void {
    const tick = Math.floor(now / tickMs);
    const takenTick = Math.floor(this.#at / tickMs);
    this.#charge(0, 0, tick);
    for (const bucket of this.#ofKey) if (bucket.of === 'requests') bucket.giveBack(1, takenTick, tick);
    for (const bucket of this.#ofRoute)
      if (bucket.of === 'requests' && !this.#ofKey.includes(bucket)) bucket.giveBack(1, takenTick, tick);
    this.#leave(now);
  }

  #charge(input: number, output: number, tick: number): void {
    const moreInput = input - this.#input;
    const moreOutput = output - this.#output;
    const takenTick = Math.floor(this.#at / tickMs);
    for (const bucket of this.#ofKey) correct(bucket, moreInput, moreOutput, takenTick, tick);
    for (const bucket of this.#ofRoute)
      if (!this.#ofKey.includes(bucket)) correct(bucket, moreInput, moreOutput, takenTick, tick);
  }

  #leave(now: number): void {
    const heldMs = now - this.#at;
    for (const bucket of this.#ofKey) if (bucket.of === 'concurrency') free(bucket, heldMs);
    for (const bucket of this.#ofRoute)
      if (bucket.of === 'concurrency' && !this.#ofKey.includes(bucket)) free(bucket, heldMs);
    this.#ofKey = none;
    this.#ofRoute = none;
  }
}

function free(bucket: Bucket, heldMs: number): void {
  bucket.heldFor(heldMs);
  bucket.giveBack(1, 0, 0);
}

function correct(bucket: Bucket, moreInput: number, moreOutput: number, takenTick: number, tick: number): void {
  if (bucket.of === 'requests' || bucket.of === 'concurrency') return;
  const more = needOf(bucket.of, moreInput, moreOutput);
  if (more > 0) bucket.take(more, tick);
  else if (more < 0) bucket.giveBack(-more, takenTick, tick);
}

function needOf(of: LimitedQuantity, input: number, output: number): number {
  if (of === 'tokens') return input + output;
  if (of === 'inputTokens') return input;
  if (of === 'outputTokens') return output;
  return 1;
}

/** Names the limit that holds longest: a retry that heeds only another one would meet it. */
function refusalOf(limits: readonly [Bucket, ...Bucket[]], input: number, output: number, now: number): LimitRefusal {
  const found: LimitRefusal = { kind: 'limit', limit: limits[0], need: 1, retryAfterMs: 0 };
  for (const limit of limits) {
    const need = needOf(limit.of, input, output);
    const retryAfterMs = need > 0 ? limit.retryAfterMs(need, now) : 0;
    if (retryAfterMs > found.retryAfterMs) Object.assign(found, { limit, need, retryAfterMs });
  }
  return found;
}
