/** What happened this long ago counts a third of what happens now. */
export const memoryMs = 5_000;

export function kept(passedMs: number): number {
  return Math.exp(-passedMs / memoryMs);
}

/** A sum that forgets. */
export class RecentCost {
  #sum = 0;
  #at = 0;

  add(cost: number, now: number): void {
    this.#sum = this.at(now) + cost;
    this.#at = now;
  }

  at(now: number): number {
    return this.#sum * kept(now - this.#at);
  }
}
