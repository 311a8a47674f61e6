import { hashText, mix32 } from './hash.ts';

/** Keys of a prompt's leading blocks: equal keys mean equal text from the start of the prompt to the block's end. */
export interface PromptBlocks {
  /** Blocks in use; what stands behind them is of an earlier prompt. */
  count: number;
  /** Length of the whole prompt. */
  bytes: number;
  /** Two words per block. */
  readonly keys: Int32Array;
  /** Where each block ends, in bytes of the prompt. */
  readonly ends: Int32Array;
}

/** Two words that keep what belongs to different models, or to different projects, apart. */
export interface BlockSeed {
  readonly lo: number;
  readonly hi: number;
}

export function blockSeed(text: string): BlockSeed {
  return { lo: hashText(text, 1), hi: hashText(text, 2) };
}

export const maxBlocks = 256;
const blockBytes = 2_048;
const prime1 = 0x9e37_79b1 | 0;
const prime2 = 0x85eb_ca77 | 0;
const prime3 = 0xc2b2_ae3d | 0;

/**
 * Where a block that begins at `from` ends. The first 2 KB come in steps: conversations begin short, and a system
 * prompt of 600 bytes is worth finding. A step costs 0.1 µs.
 */
function blockEnd(from: number): number {
  if (from < 512) return 512;
  if (from < 1_024) return 1_024;
  return from - (from % blockBytes) + blockBytes;
}

/**
 * Hashes prompts into blocks, each key chained to the one before. The four lanes are those of XXH32, folded into 64
 * bits: 30 µs for 224 KB, where xxhash-wasm takes 33 to 40 (it copies each block and returns a BigInt) and has to be
 * waited for, and zlib's crc32 110 for half the bits. The result is one object, valid until the next prompt.
 */
export class PromptHasher {
  readonly #blocks: PromptBlocks = {
    count: 0,
    bytes: 0,
    keys: new Int32Array(2 * maxBlocks),
    ends: new Int32Array(maxBlocks),
  };
  #lo = 0;
  #hi = 0;

  /** `spans`: start and end in turn. The last, unfinished block is left out: the next turn would not have it. */
  hash(body: Uint8Array, spans: readonly number[], salt: BlockSeed): PromptBlocks {
    const blocks = this.#blocks;
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    let length = 0;
    for (let span = 0; span < spans.length; span += 2) length += (spans[span + 1] ?? 0) - (spans[span] ?? 0);
    blocks.count = 0;
    blocks.bytes = length;
    this.#lo = salt.lo;
    this.#hi = salt.hi;
    let done = 0;
    for (let span = 0; span < spans.length; span += 2) {
      const start = (spans[span] ?? 0) - done;
      const spanEnd = (spans[span + 1] ?? 0) - start;
      while (done < spanEnd) {
        const end = Math.min(blockEnd(done), spanEnd);
        if (blocks.count === maxBlocks || (end === length && end < blockEnd(done))) return blocks;
        this.#add(view, start + done, start + end);
        blocks.keys[2 * blocks.count] = this.#lo;
        blocks.keys[2 * blocks.count + 1] = this.#hi;
        blocks.ends[blocks.count++] = end;
        done = end;
      }
    }
    return blocks;
  }

  #add(view: DataView, start: number, end: number): void {
    let a = (this.#lo + prime1) | 0;
    let b = (this.#hi + prime2) | 0;
    let c = this.#lo ^ prime3;
    let d = this.#hi ^ prime1;
    let at = start;
    for (const last = end - 16; at <= last; at += 16) {
      a = lane(a, view.getInt32(at, true));
      b = lane(b, view.getInt32(at + 4, true));
      c = lane(c, view.getInt32(at + 8, true));
      d = lane(d, view.getInt32(at + 12, true));
    }
    // Fewer than 16 bytes, where two spans meet.
    for (; at < end; at++) a = lane(a, view.getUint8(at));
    const length = end - start;
    this.#lo = mix32(rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18) + length);
    this.#hi = mix32(Math.imul(rotate(a, 18) ^ c, prime3) + Math.imul(rotate(d, 12) ^ b, prime2) + length);
  }
}

function lane(value: number, word: number): number {
  return Math.imul(rotate((value + Math.imul(word, prime2)) | 0, 13), prime1);
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
