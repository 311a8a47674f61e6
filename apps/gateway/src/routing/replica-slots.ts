import { maxSlots } from './prefix-index.ts';

interface Slots {
  lo: number;
  hi: number;
}

interface Slotted {
  readonly servedModelName: string;
  slot: number | undefined;
}

/**
 * Numbers the replicas of each served model for the prefix index, which has room for 64 of a model. A slot that was
 * given back still stands in old entries: it is used again only when no fresh one is left, after one sweep for all
 * of them.
 */
export class ReplicaSlots {
  readonly #forget: (slotsLo: number, slotsHi: number) => void;
  /** Not to be allotted: taken, or given back but not swept. */
  readonly #used = new Map<string, Slots>();
  readonly #givenBack = new Map<string, Slots>();

  constructor(forget: (slotsLo: number, slotsHi: number) => void) {
    this.#forget = forget;
  }

  /** When 64 are taken the replica gets none, and serves without affinity. */
  give(replica: Slotted): void {
    const used = slotsOf(this.#used, replica.servedModelName);
    if (firstFree(used) === undefined) this.#sweep(replica.servedModelName, used);
    replica.slot = firstFree(used);
    if (replica.slot !== undefined) put(used, replica.slot);
  }

  takeBack(replica: Slotted): void {
    if (replica.slot !== undefined) put(slotsOf(this.#givenBack, replica.servedModelName), replica.slot);
    replica.slot = undefined;
  }

  #sweep(model: string, used: Slots): void {
    const { lo, hi } = slotsOf(this.#givenBack, model);
    if ((lo | hi) === 0) return;
    // Other models' replicas in the same slots lose their entries as well and learn them anew: rare, and harmless.
    this.#forget(lo, hi);
    used.lo &= ~lo;
    used.hi &= ~hi;
    this.#givenBack.delete(model);
  }
}

function slotsOf(byModel: Map<string, Slots>, model: string): Slots {
  const known = byModel.get(model);
  if (known !== undefined) return known;
  const none = { lo: 0, hi: 0 };
  byModel.set(model, none);
  return none;
}

function firstFree({ lo, hi }: Slots): number | undefined {
  for (let slot = 0; slot < maxSlots; slot++) if ((((slot < 32 ? lo : hi) >>> (slot & 31)) & 1) === 0) return slot;
  return undefined;
}

function put(slots: Slots, slot: number): void {
  if (slot < 32) slots.lo |= 1 << slot;
  else slots.hi |= 1 << (slot - 32);
}
