/** Keys of a prompt's blocks as the gateway's index takes them. */
export interface PromptKeys {
  count: number;
  bytes: number;
  readonly keys: Int32Array;
  readonly ends: Int32Array;
}

export const blocksPerPrompt = 250;
const sharedBlocks = 50;
const systemPrompts = 40;

/** So many that their blocks are a million: each has its own after a system prompt that others have too. */
export const conversations = (1_000_000 - systemPrompts * sharedBlocks) / (blocksPerPrompt - sharedBlocks);

const maxBlocks = 256;
const held: PromptKeys = {
  count: blocksPerPrompt,
  bytes: blocksPerPrompt * 2_048,
  keys: new Int32Array(2 * maxBlocks),
  ends: Int32Array.from({ length: maxBlocks }, (_, block) => (block + 1) * 2_048),
};

/** The same number is the same prompt; the result is one object, valid until the next. */
export function promptOf(number: number): PromptKeys {
  for (let block = 0; block < blocksPerPrompt; block++) {
    const owner = block < sharedBlocks ? -1 - (number % systemPrompts) : number;
    held.keys[2 * block] = mixed(owner, block, 0x9e37_79b1);
    held.keys[2 * block + 1] = mixed(owner, block, 0x85eb_ca77);
  }
  return held;
}

/** Spreads like the hash of a block's text would. */
function mixed(owner: number, block: number, seed: number): number {
  let x = Math.imul(owner, 0xc2b2_ae3d) ^ Math.imul(block + 1, seed);
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  return x ^ (x >>> 16);
}
