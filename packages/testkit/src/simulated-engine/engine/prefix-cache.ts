import { bytesPerToken } from './tokenizer.ts';

/**
 * One key per full block of the prompt, each depending on all before it. Two 32-bit hashes make 53 bits: a single one
 * would give false hits within a day of traffic.
 */
export function blockKeys(prompt: Uint8Array, blockSize: number, salt: number): number[] {
  const bytesPerBlock = blockSize * bytesPerToken;
  const keys: number[] = [];
  let high = (0x811c9dc5 ^ salt) >>> 0;
  let low = (0x01234567 ^ salt) >>> 0;
  for (let end = bytesPerBlock; end <= prompt.length; end += bytesPerBlock) {
    for (let i = end - bytesPerBlock; i < end; i += 1) {
      const byte = prompt[i] ?? 0;
      high = Math.imul(high ^ byte, 0x01000193);
      low = Math.imul(low + byte, 0x9e3779b1) ^ (low >>> 15);
    }
    keys.push((high >>> 0) * 2 ** 21 + (low >>> 11));
  }
  return keys;
}

/** Which blocks of earlier prompts are still in the KV cache, least recently used out first. */
export class PrefixCache {
  readonly #capacityBlocks: number;
  readonly #blocks = new Set<number>();

  constructor(capacityBlocks: number) {
    this.#capacityBlocks = capacityBlocks;
  }

  /** How many leading blocks are there. */
  hits(keys: readonly number[]): number {
    let count = 0;
    for (const key of keys) {
      if (!this.#blocks.has(key)) break;
      count += 1;
    }
    return count;
  }

  add(keys: readonly number[]): void {
    for (const key of keys) {
      // A Set keeps the order of insertion, so deleting first makes this the most recently used.
      this.#blocks.delete(key);
      this.#blocks.add(key);
    }
    for (const oldest of this.#blocks) {
      if (this.#blocks.size <= this.#capacityBlocks) break;
      this.#blocks.delete(oldest);
    }
  }

  clear(): void {
    this.#blocks.clear();
  }
}
