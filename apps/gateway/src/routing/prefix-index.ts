import { type BlockSeed, maxBlocks, type PromptBlocks } from './prompt-blocks.ts';

export const maxSlots = 64;

/** Blocks that may share a place in the table: eight entries of 16 bytes, two cache lines. */
const ways = 8;
const entryWords = 4;
const bucketWords = ways * entryWords;
/** Buckets that are read ahead. */
const ahead = 16;

/**
 * Which replicas were sent which prompt blocks: one table for all replicas, a block's 64-bit key beside a bitmap of
 * replica slots. It sees only this gateway's own decisions, not what engines evict: a guess, and a cheap one. Memory
 * is fixed: a full bucket gives up the block that was sent longest ago, so there is nothing to rebuild or sweep, and
 * a look-up costs the same after a year. Half of the entries stay free on average, or buckets would overflow early:
 * 42 MB for a million blocks.
 */
export class PrefixIndex {
  /** After `match`: how many leading blocks the replica in each slot has. Valid for the slots that were asked for. */
  readonly hits = new Uint16Array(maxSlots);
  readonly #bucketMask: number;
  /** Entries: key (two words), bitmap of slots (two words). An entry without slots is free. */
  readonly #table: Int32Array;
  /** When each entry was last sent to a replica, on a clock that counts prompts. */
  readonly #stamps: Int32Array;
  #clock: number;
  /** Where `match` found each block, so that `insert` need not search again. */
  readonly #places = new Int32Array(maxBlocks + 1);
  #placed = 0;

  constructor(options: { blocks: number; clock?: number }) {
    this.#clock = (options.clock ?? 0) | 0;
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(ways, 2 * options.blocks) / ways));
    this.#bucketMask = buckets - 1;
    this.#table = new Int32Array(buckets * bucketWords);
    this.#stamps = new Int32Array(buckets * ways);
  }

  get bytes(): number {
    return this.#table.byteLength + this.#stamps.byteLength;
  }

  /**
   * Counts the leading blocks that the replicas in the given slots (a bitmap of two words) were sent before. Keys are
   * chained, so a block that is found stands for all before it: one that was given up leaves no gap, two in a row end
   * the walk.
   */
  match(blocks: PromptBlocks, model: BlockSeed, slotsLo: number, slotsHi: number): void {
    const table = this.#table;
    let lo = slotsLo;
    let hi = slotsHi;
    let found = 0;
    let index = 0;
    for (; index < blocks.count && index < found + 2 && (lo | hi) !== 0; index++) {
      if (index % ahead === 0) this.#touch(blocks, index, model);
      const place = this.#find(keyLo(blocks, index, model), keyHi(blocks, index, model));
      this.#places[index] = place;
      if (place < 0) continue;
      const stayLo = lo & (table[place + 2] as number);
      const stayHi = hi & (table[place + 3] as number);
      if (stayLo !== lo) this.#count(lo & ~stayLo, 0, found);
      if (stayHi !== hi) this.#count(hi & ~stayHi, 32, found);
      lo = stayLo;
      hi = stayHi;
      found = index + 1;
    }
    this.#count(lo, 0, found);
    this.#count(hi, 32, found);
    this.#placed = index;
  }

  /** The replica in the slot is sent this prompt. */
  insert(blocks: PromptBlocks, model: BlockSeed, slot: number): void {
    const table = this.#table;
    const word = slot < 32 ? 2 : 3;
    const bit = 1 << (slot & 31);
    this.#clock = (this.#clock + 1) | 0;
    for (let index = 0; index < blocks.count; index++) {
      const lo = keyLo(blocks, index, model);
      const hi = keyHi(blocks, index, model);
      if (index % ahead === 0 && index >= this.#placed) this.#touch(blocks, index, model);
      let place = index < this.#placed ? (this.#places[index] as number) : -1;
      if (place < 0 || table[place] !== lo || table[place + 1] !== hi) place = this.#findOrMake(lo, hi);
      table[place + word] = (table[place + word] as number) | bit;
      this.#stamps[place / entryWords] = this.#clock;
    }
  }

  /** Takes the slots out of every entry: 10 ms for a million blocks, so not for every replica that leaves. */
  forget(slotsLo: number, slotsHi: number): void {
    const table = this.#table;
    for (let place = 0; place < table.length; place += entryWords) {
      table[place + 2] = (table[place + 2] as number) & ~slotsLo;
      table[place + 3] = (table[place + 3] as number) & ~slotsHi;
    }
  }

  /**
   * Reads the next buckets all at once. Their addresses depend on nothing, so the processor waits for memory once and
   * not once per block: FROM to TO for 250 blocks in a full table.
   */
  #touch(blocks: PromptBlocks, from: number, model: BlockSeed): void {
    const table = this.#table;
    const to = Math.min(from + ahead, blocks.count);
    let sum = 0;
    for (let index = from; index < to; index++) {
      const start = (keyLo(blocks, index, model) & this.#bucketMask) * bucketWords;
      sum += (table[start] as number) + (table[start + bucketWords / 2] as number);
    }
    // Kept, though nobody asks for it: reads that lead to nothing would be optimized away.
    this.#places[maxBlocks] = sum;
  }

  #find(lo: number, hi: number): number {
    const table = this.#table;
    const start = (lo & this.#bucketMask) * bucketWords;
    for (let place = start; place < start + bucketWords; place += entryWords)
      if (table[place] === lo && table[place + 1] === hi) return place;
    return -1;
  }

  #findOrMake(lo: number, hi: number): number {
    const table = this.#table;
    const start = (lo & this.#bucketMask) * bucketWords;
    let oldest = start;
    let oldestAge = -1;
    for (let place = start; place < start + bucketWords; place += entryWords) {
      if (table[place] === lo && table[place + 1] === hi) return place;
      const isFree = ((table[place + 2] as number) | (table[place + 3] as number)) === 0;
      // The clock wraps after four billion prompts; differences do not.
      const age = isFree ? 2 ** 32 : (this.#clock - (this.#stamps[place / entryWords] as number)) >>> 0;
      if (age > oldestAge) {
        oldest = place;
        oldestAge = age;
      }
    }
    table[oldest] = lo;
    table[oldest + 1] = hi;
    table[oldest + 2] = 0;
    table[oldest + 3] = 0;
    return oldest;
  }

  #count(slots: number, base: number, blocks: number): void {
    for (let rest = slots; rest !== 0; rest &= rest - 1) this.hits[base + 31 - Math.clz32(rest & -rest)] = blocks;
  }
}

function keyLo(blocks: PromptBlocks, index: number, model: BlockSeed): number {
  return (blocks.keys[2 * index] as number) ^ model.lo;
}

function keyHi(blocks: PromptBlocks, index: number, model: BlockSeed): number {
  return (blocks.keys[2 * index + 1] as number) ^ model.hi;
}
