import { kept, memoryMs } from './recent-cost.ts';

const knownAfterMs = 1_000;
const knownAfter = 8;
/** However much higher classes take, a lower one is told a wait and not eternity. */
const leastPart = 0.05;

/**
 * How fast the queue moves: cost per ms that left while others waited. Time in which nobody waited does not count,
 * since then the rate is that of the callers; nor does the time before the first one leaves, in which a cold model
 * may still load.
 */
export class ServiceRate {
  readonly #costs: Float64Array;
  #busyMs = 0;
  #left = 0;
  #lastAt: number | undefined;

  constructor(classes: number) {
    this.#costs = new Float64Array(classes);
  }

  /** Nobody waits any more. */
  pause(): void {
    this.#lastAt = undefined;
  }

  served(at: number, cost: number, now: number): void {
    const passed = this.#lastAt === undefined ? undefined : now - this.#lastAt;
    this.#lastAt = now;
    if (passed === undefined) return;
    const part = kept(passed);
    for (let i = 0; i < this.#costs.length; i++) this.#costs[i] = (this.#costs[i] ?? 0) * part;
    this.#costs[at] = (this.#costs[at] ?? 0) + cost;
    this.#busyMs += passed;
    this.#left++;
  }

  /** What is left for a class after those above it; undefined while too little was seen. */
  left(at: number): number | undefined {
    if (this.#left < knownAfter || this.#busyMs < knownAfterMs) return undefined;
    let total = 0;
    let above = 0;
    for (let i = 0; i < this.#costs.length; i++) {
      total += this.#costs[i] ?? 0;
      if (i < at) above += this.#costs[i] ?? 0;
    }
    return Math.max(total * leastPart, total - above) / (memoryMs * (1 - kept(this.#busyMs)));
  }
}
