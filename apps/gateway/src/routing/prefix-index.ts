import { type BlockSeed, maxBlocks, type PromptBlocks } from './prompt-blocks.ts';

export const maxSlots = 64;

/** Blocks that may share a place in the table: eight entries of 16 bytes, two cache lines. */
const ways = 8;
const entryWords = 4;
const bucketWords = ways * entryWords;
/** Half a bucket. */
const lineWords = bucketWords / 2;
const timeBits = 0xffff;
const keyBits = ~timeBits;
/** Buckets that are read ahead. */
const ahead = 32;

/**
 * Which replicas were sent which prompt blocks: one table for all replicas, a block's 64-bit key beside a bitmap of
 * replica slots. It sees only this gateway's own decisions, not what engines evict: a guess, and a cheap one. Memory
 * is fixed: a full bucket gives up the block that was sent longest ago, so there is nothing to rebuild or sweep, and
 * a look-up costs the same after a year. Half of the entries stay free until it is full, or buckets would overflow
 * early: 34 MB for a million blocks.
 */
export class PrefixIndex {
  /** After `match`: how many leading blocks the replica in each slot has. Valid for the slots that were asked for. */
  readonly hits = new Uint16Array(maxSlots);
  readonly #bucketMask: number;
  /**
   * Entries of four words: half of the key's first word and the time the block was last sent; the key's second word;
   * the bitmap of slots. The missing half of the key is the bucket's number. An entry without slots is free.
   */
  readonly #table: Int32Array;
  /** Time is counted in blocks that were new, in steps that let 16 bits reach over eight lives of a block. */
  #time: number;
  #newBlocks = 0;
  readonly #newBlocksPerStep: number;
  /** Where `match` found each block, so that `insert` need not search again. */
  readonly #places = new Int32Array(maxBlocks + 1);
  #placed = 0;

  constructor(options: { blocks: number; time?: number }) {
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(ways, 2 * options.blocks) / ways));
    this.#bucketMask = buckets - 1;
    this.#table = new Int32Array(buckets * bucketWords);
    this.#time = options.time ?? 0;
    this.#newBlocksPerStep = Math.max(1, (buckets * ways) >> 14);
  }

  get bytes(): number {
    return this.#table.byteLength;
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
      if (index % ahead === 0) this.#touch(blocks, index, model, false);
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
    for (let index = 0; index < blocks.count; index++) {
      const lo = keyLo(blocks, index, model);
      const hi = keyHi(blocks, index, model);
      if (index % ahead === 0 && index >= this.#placed) this.#touch(blocks, index, model, true);
      let place = index < this.#placed ? (this.#places[index] as number) : -1;
      if (place < 0 || !isAt(table, place, lo, hi)) place = this.#findOrMake(lo, hi);
      table[place] = (lo & keyBits) | this.#time;
      table[place + word] = (table[place + word] as number) | bit;
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
   * Reads the next buckets all at once, the half where each block should be or, to make room for it, the whole. Their addresses depend on nothing, so the processor waits for memory once and
   * not once per block: 15 µs become 8 for 250 blocks in a table of a million.
   */
  #touch(blocks: PromptBlocks, from: number, model: BlockSeed, whole: boolean): void {
    const table = this.#table;
    const to = Math.min(from + ahead, blocks.count);
    let sum = 0;
    for (let index = from; index < to; index++) {
      const start = (keyLo(blocks, index, model) & this.#bucketMask) * bucketWords;
      const home = homeOf(keyHi(blocks, index, model));
      sum += table[start + home] as number;
      if (whole) sum += table[start + (home ^ lineWords)] as number;
    }
    // Kept, though nobody asks for it: reads that lead to nothing would be optimized away.
    this.#places[maxBlocks] = sum;
  }

  #find(lo: number, hi: number): number {
    const table = this.#table;
    const start = (lo & this.#bucketMask) * bucketWords;
    const home = start + homeOf(hi);
    if (isAt(table, home, lo, hi)) return home;
    for (let place = start; place < start + bucketWords; place += entryWords)
      if (isAt(table, place, lo, hi)) return place;
    return -1;
  }

  #findOrMake(lo: number, hi: number): number {
    const table = this.#table;
    const start = (lo & this.#bucketMask) * bucketWords;
    const home = start + homeOf(hi);
    // The largest of age and way in one number: a branch that nobody can foresee costs more than the rest of the loop.
    let best = -1;
    for (let way = 0; way < ways; way++) {
      const place = start + way * entryWords;
      if (isAt(table, place, lo, hi)) return place;
      const isFree = ((table[place + 2] as number) | (table[place + 3] as number)) === 0;
      // Time wraps; differences do not.
      const age = isFree ? timeBits + (place === home ? 2 : 1) : (this.#time - (table[place] as number)) & timeBits;
      best = Math.max(best, age * ways + way);
    }
    const oldest = start + (best & (ways - 1)) * entryWords;
    if (++this.#newBlocks % this.#newBlocksPerStep === 0) this.#time = (this.#time + 1) & timeBits;
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

function isAt(table: Int32Array, place: number, lo: number, hi: number): boolean {
  return (((table[place] as number) ^ lo) & keyBits) === 0 && table[place + 1] === hi;
}

/** Where in its bucket a block is put if it can be: three in four then are found at the first look. */
function homeOf(hi: number): number {
  return (hi & (ways - 1)) * entryWords;
}
