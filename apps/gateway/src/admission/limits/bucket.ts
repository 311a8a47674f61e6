import type { LimitedQuantity, LimitSpec, SnapshotLimit } from '@signalbox/domain';

/** Time as buckets count it: whole seconds of the monotonic clock. */
export const tickMs = 1_000;

/** A window is cut into 60 slots. What fell into one leaves with the 61st after it, so that no window holds more. */
export const windowSlots = 61;
export const ticksPerSlot = { minute: 1, day: 1_440 } as const;
const ringSize = 64;
/** A share of nothing would never pay off a debt. */
const leastShare = 0.001;
const unknownHoldMs = 1_000;
/** Told where others still act on all parts of a limit that is not used up, until they have let go: a second or so. */
export const almostNoShare = 1e-9;
const letGoMs = 1_000;
/** Shares may be fractions; what is left of a sum of them is not exactly nothing. */
const almostNothing = 1e-6;
/** A debt of more windows than this is told as this many. */
const mostWindows = 100;

/**
 * One limit as this process keeps it: what was used within the last minute or day, exact to a 60th of it. Not a
 * refilled level, of which a full one and its refill pass within one window: twice the limit. Here any minute holds
 * at most `amount` however callers burst; demand that never ends gets at least 60/61 of it.
 *
 * Concurrency is a window that never ends, out of which everything is given back.
 *
 * What goes beyond the allowance (an answer longer than was reserved, a request larger than this process's share) is
 * a debt: it takes the place of what leaves the window until it is paid, so that the long run is exact as well.
 */
export class Bucket {
  readonly id: string;
  readonly of: LimitedQuantity;
  readonly per: LimitSpec['per'];
  readonly #ticksPerSlot: number;
  readonly #mask: number;
  readonly #ring: Float64Array;
  #amount: number;
  #share: number;
  #allowance = 0;
  #slot = 0;
  #lastUsedSlot = 0;
  #held = 0;
  #debt = 0;
  #wanted = 0;
  #holdMs = unknownHoldMs;

  constructor(limit: SnapshotLimit, share: number) {
    this.id = limit.id;
    this.of = limit.of;
    this.per = limit.per;
    this.#ticksPerSlot = limit.per === null ? Number.POSITIVE_INFINITY : ticksPerSlot[limit.per];
    this.#mask = limit.per === null ? 0 : ringSize - 1;
    this.#ring = new Float64Array(this.#mask + 1);
    this.#amount = limit.amount;
    this.#share = share;
    this.#reckon();
  }

  get amount(): number {
    return this.#amount;
  }

  get share(): number {
    return this.#share;
  }

  /** What was used stays used: a raised limit leaves more at once, a lowered one less. */
  resize(amount: number): void {
    this.#amount = amount;
    this.#reckon();
  }

  setShare(share: number): void {
    this.#share = share;
    this.#reckon();
  }

  /** Whether `need` more may be used now. Also counts it as wanted, since shares follow demand and not luck. */
  fits(need: number, tick: number): boolean {
    this.#slideTo(tick);
    this.#wanted += need;
    return need <= 0 || this.#hasRoomFor(need, this.#held + this.#debt);
  }

  /** Takes what `fits`, or what was used beyond a reservation; at once, without another look. */
  take(amount: number, tick: number): void {
    this.#slideTo(tick);
    const booked = Math.max(0, Math.min(amount, this.#allowance - this.#held - this.#debt));
    this.#debt += amount - booked;
    const at = this.#slot & this.#mask;
    this.#ring[at] = (this.#ring[at] ?? 0) + booked;
    this.#held += booked;
    this.#lastUsedSlot = this.#slot;
  }

  /** Returns what was taken at `takenTick` and not used; what has left the window since is free already. */
  giveBack(amount: number, takenTick: number, tick: number): void {
    this.#slideTo(tick);
    const ofDebt = Math.min(this.#debt, amount);
    this.#debt -= ofDebt;
    const slot = this.#slotOf(takenTick);
    if (slot <= this.#slot - windowSlots) return;
    const at = slot & this.#mask;
    const inSlot = this.#ring[at] ?? 0;
    const ofSlot = Math.min(inSlot, amount - ofDebt);
    this.#ring[at] = inSlot - ofSlot;
    this.#held -= ofSlot;
  }

  /** One held place was free after this long: tells the next one in vain when to come back. */
  heldFor(ms: number): void {
    this.#holdMs += (ms - this.#holdMs) / 16;
  }

  remaining(tick: number): number {
    this.#slideTo(tick);
    return Math.max(0, Math.floor(this.#allowance - this.#held - this.#debt));
  }

  /** Until all of it is free again if nothing more is used. */
  resetMs(now: number): number {
    this.#slideTo(Math.floor(now / tickMs));
    if (this.#share <= 0 && this.per !== null) return this.#leavesAt(this.#slot) - now;
    if (this.#held <= 0) return 0;
    return this.per === null ? this.#holdMs : this.#leavesAt(this.#lastUsedSlot) - now;
  }

  /** When `need` would fit if nobody else took it; infinite for what is larger than the limit itself. */
  retryAfterMs(need: number, now: number): number {
    this.#slideTo(Math.floor(now / tickMs));
    if (need > this.#amount) return Number.POSITIVE_INFINITY;
    let total = this.#held + this.#debt;
    if (this.#hasRoomFor(need, total)) return 0;
    // Of n places held for m ms on average one is free after 3 m/n in 95 of 100 cases.
    if (this.per === null) return (3 * this.#holdMs) / Math.max(1, this.#held);
    if (this.#share > 0 && this.#share <= almostNoShare) return letGoMs;
    // When others have something back is not known here: at the latest when all that is used now has left.
    if (this.#share <= 0) return this.#leavesAt(this.#slot) - now;
    const slots = this.#ring.slice();
    let debt = this.#debt;
    const first = this.#slot - windowSlots + 1;
    for (let slot = first; slot < first + mostWindows * windowSlots; slot++) {
      const at = (first + ((slot - first) % windowSlots)) & this.#mask;
      const leaving = slots[at] ?? 0;
      if (leaving === 0) continue;
      const stays = Math.min(debt, leaving);
      debt -= stays;
      total -= leaving;
      slots[at] = stays;
      if (this.#hasRoomFor(need, total)) return this.#leavesAt(slot) - now;
    }
    return this.#leavesAt(first + mostWindows * windowSlots) - now;
  }

  /** For sharing out: what is still counted here, and what was asked for since the last time. */
  takeUse(tick: number): { held: number; wanted: number } {
    this.#slideTo(tick);
    const wanted = this.#wanted;
    this.#wanted = 0;
    return { held: this.#held + this.#debt, wanted };
  }

  /**
   * More than this process's share, but within the limit: let in when nothing else is used, and paid off after. Where
   * others have used all of it, this process has no share.
   */
  #hasRoomFor(need: number, used: number): boolean {
    if (need <= this.#allowance - used) return true;
    return this.#share > 0 && need > this.#allowance && need <= this.#amount && used < almostNothing;
  }

  #reckon(): void {
    const part = this.#amount * Math.max(leastShare, Math.min(1, this.#share));
    const whole = Math.floor(part + almostNothing);
    // With fewer places than processes each has one: the overshoot is one per process.
    if (this.per === null) this.#allowance = this.#amount >= 1 ? Math.max(1, whole) : 0;
    else this.#allowance = whole >= 1 ? whole : part;
  }

  #slotOf(tick: number): number {
    return this.#ticksPerSlot === 1 ? tick : Math.floor(tick / this.#ticksPerSlot);
  }

  #leavesAt(slot: number): number {
    return (slot + windowSlots) * this.#ticksPerSlot * tickMs;
  }

  /** A clock that went back, which a monotonic one does not, would leave everything as it is. */
  #slideTo(tick: number): void {
    const slot = this.#slotOf(tick);
    if (slot > this.#slot) this.#slide(slot);
  }

  #slide(slot: number): void {
    if (slot - this.#slot >= windowSlots && this.#debt === 0) {
      this.#ring.fill(0);
      this.#held = 0;
    }
    while (this.#slot < slot && this.#held > 0) {
      this.#slot++;
      const at = (this.#slot - windowSlots) & this.#mask;
      const leaving = this.#ring[at] ?? 0;
      if (leaving === 0) continue;
      const stays = Math.min(this.#debt, leaving);
      this.#ring[at] = 0;
      this.#debt -= stays;
      this.#held -= leaving - stays;
      this.#ring[this.#slot & this.#mask] = stays;
    }
    this.#slot = slot;
  }
}
