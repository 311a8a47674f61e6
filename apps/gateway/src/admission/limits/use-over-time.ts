import type { LimitSpec } from '@signalbox/domain';
import { tickMs, ticksPerSlot, windowSlots } from './bucket.ts';

/** What was used, and how long ago, in milliseconds. */
export type PastUse = readonly [agoMs: number, amount: number];

export type LimitPeriod = NonNullable<LimitSpec['per']>;

/** As in `Bucket`: what falls into one slot leaves at once, and no sooner than a window of 60 slots after the last of it. */
const slotMs = { minute: ticksPerSlot.minute * tickMs, day: ticksPerSlot.day * tickMs };

interface Slot {
  /** Of its first use. */
  at: number;
  amount: number;
}

/**
 * When that was used which a process holds of a limit, seen from outside by how much it holds from one report to the
 * next. So it goes on leaving the window at its time when the process has ended and reports no more.
 */
export class UseOverTime {
  readonly per: LimitPeriod;
  /** Oldest first. */
  #slots: Slot[] = [];
  #held = 0;

  constructor(per: LimitPeriod) {
    this.per = per;
  }

  /** Of a process that has ended; `now` as everywhere here is the monotonic clock. */
  static of(per: LimitPeriod, past: readonly PastUse[], now: number): UseOverTime {
    const use = new UseOverTime(per);
    const oldestFirst = [...past].sort(([one], [other]) => other - one);
    for (const [agoMs, amount] of oldestFirst) use.#add(amount, now - Math.max(0, agoMs));
    use.#leave(now);
    return use;
  }

  /** The process says that it holds this much now. What became less than foreseen was reserved and given back of late. */
  follow(held: number, now: number): void {
    this.#leave(now);
    if (held > this.#held) this.#add(held - this.#held, now);
    else this.#giveBack(this.#held - held);
  }

  held(now: number): number {
    this.#leave(now);
    return this.#held;
  }

  past(now: number): PastUse[] {
    this.#leave(now);
    return this.#slots.map(({ at, amount }) => [Math.max(0, now - at), amount]);
  }

  #add(amount: number, at: number): void {
    const last = this.#slots.at(-1);
    if (last !== undefined && at - last.at < slotMs[this.per]) last.amount += amount;
    else this.#slots.push({ at, amount });
    this.#held += amount;
  }

  #giveBack(amount: number): void {
    let left = amount;
    for (let last = this.#slots.at(-1); last !== undefined && left > 0; last = this.#slots.at(-1)) {
      const part = Math.min(left, last.amount);
      last.amount -= part;
      left -= part;
      if (last.amount <= 0) this.#slots.pop();
    }
    this.#sum();
  }

  #leave(now: number): void {
    const stays = ({ at }: Slot): boolean => now - at < windowSlots * slotMs[this.per];
    if (this.#slots[0] === undefined || stays(this.#slots[0])) return;
    this.#slots = this.#slots.filter(stays);
    this.#sum();
  }

  /** Anew, and not by difference: fractions would leave a rest. */
  #sum(): void {
    this.#held = this.#slots.reduce((sum, { amount }) => sum + amount, 0);
  }
}
