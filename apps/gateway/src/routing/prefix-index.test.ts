import { describe, expect, test } from '@jest/globals';
import { mix32 } from './hash.ts';
import { PrefixIndex } from './prefix-index.ts';
import { blockSeed, type PromptBlocks } from './prompt-blocks.ts';

const model = blockSeed('tiny');
const all = -1;

/** A prompt whose blocks are named by numbers: the same number stands for the same text so far. */
function prompt(...names: number[]): PromptBlocks {
  const keys = new Int32Array(512);
  for (const [at, name] of names.entries()) {
    keys[2 * at] = mix32(name);
    keys[2 * at + 1] = mix32(name ^ 0x5555);
  }
  return { count: names.length, bytes: 2_048 * names.length, keys, ends: new Int32Array(256) };
}

function hitsOf(index: PrefixIndex, blocks: PromptBlocks, slots: readonly number[], of = model): number[] {
  index.match(blocks, of, all, all);
  return slots.map((slot) => index.hits[slot] ?? -1);
}

describe('the prefix index', () => {
  test('tells each replica how far it knows a prompt', () => {
    const index = new PrefixIndex({ blocks: 1_000 });
    index.insert(prompt(1, 2, 3), model, 0);
    index.insert(prompt(1, 2, 9), model, 31);
    index.insert(prompt(1), model, 32);
    index.insert(prompt(7, 2, 3), model, 63);
    expect(hitsOf(index, prompt(1, 2, 3, 4), [0, 31, 32, 63, 5])).toEqual([3, 2, 1, 0, 0]);
  });

  test('knows nothing at first, and nothing of an empty prompt', () => {
    const index = new PrefixIndex({ blocks: 1_000 });
    index.hits.fill(9);
    expect(hitsOf(index, prompt(1), [0, 40])).toEqual([0, 0]);
    expect(hitsOf(index, prompt(), [0, 40])).toEqual([0, 0]);
  });

  test('leaves replicas that were not asked for alone', () => {
    const index = new PrefixIndex({ blocks: 1_000 });
    index.insert(prompt(1, 2), model, 1);
    index.insert(prompt(1, 2), model, 33);
    index.hits.fill(9);
    index.match(prompt(1, 2), model, 1 << 1, 0);
    expect([index.hits[1], index.hits[33]]).toEqual([2, 9]);
  });

  test('keeps models apart', () => {
    const index = new PrefixIndex({ blocks: 1_000 });
    index.insert(prompt(1, 2), model, 0);
    expect(hitsOf(index, prompt(1, 2), [0], blockSeed('large'))).toEqual([0]);
  });

  test('forgets a replica and nobody else', () => {
    const index = new PrefixIndex({ blocks: 1_000 });
    for (const slot of [3, 4, 40]) index.insert(prompt(1, 2), model, slot);
    index.forget(1 << 3, 1 << 8);
    expect(hitsOf(index, prompt(1, 2), [3, 4, 40])).toEqual([0, 2, 0]);
  });

  test('one block that was given up leaves no gap', () => {
    const index = new PrefixIndex({ blocks: 1_000 });
    index.insert(prompt(1), model, 0);
    index.insert(prompt(3, 4), model, 0);
    expect(hitsOf(index, prompt(1, 2, 3, 4), [0])).toEqual([4]);
    expect(hitsOf(index, prompt(1, 8, 9, 4), [0])).toEqual([1]);
  });

  test('does not trust what it remembers of the last look-up', () => {
    const index = new PrefixIndex({ blocks: 1_000 });
    index.insert(prompt(1, 2), model, 0);
    index.match(prompt(1, 2), model, all, all);
    index.insert(prompt(5, 6), model, 0);
    expect(hitsOf(index, prompt(1, 2), [0])).toEqual([2]);
    expect(hitsOf(index, prompt(5, 6), [0])).toEqual([2]);
  });

  test.each([0, 2 ** 15 - 40, 2 ** 16 - 40])('gives up the oldest first, also when its time wraps (%i)', (time) => {
    const index = new PrefixIndex({ blocks: 4, time });
    for (let name = 1; name <= 100; name++) index.insert(prompt(name), model, 0);
    const kept = Array.from({ length: 100 }, (_, at) => at + 1).filter(
      (name) => hitsOf(index, prompt(name), [0])[0] === 1,
    );
    expect(kept).toEqual([93, 94, 95, 96, 97, 98, 99, 100]);
  });

  test('its memory is fixed: 64 MB are enough for a million blocks', () => {
    expect(new PrefixIndex({ blocks: 1_000_000 }).bytes).toBeLessThanOrEqual(64 * 1024 * 1024);
  });

  test('under churn it says of no replica what was not so, and of the recent past all', () => {
    const seed = 20_260_101;
    let state = seed;
    const random = (below: number) => {
      state = (state + 0x9e37_79b9) | 0;
      return (mix32(state) >>> 0) % below;
    };
    const capacity = 4_096;
    const index = new PrefixIndex({ blocks: capacity });
    const truth = new Map<number, Set<number>>();
    const recent: { chain: number[]; slot: number }[] = [];
    const { bytes } = index;
    for (let round = 0; round < 3_000; round++) {
      // Chains branch from common beginnings, as conversations do.
      const [root, length] = [random(200), 1 + random(40)];
      const branch = random(length);
      const chain = Array.from({ length }, (_, at) => (at < branch ? root * 100 + at : 1e6 + round * 100 + at));
      const slot = random(64);
      const blocks = prompt(...chain);
      index.match(blocks, model, all, all);
      for (let known = 0; known < 64; known++) {
        const hits = index.hits[known] ?? 0;
        if (hits > 0 && truth.get(chain[hits - 1] ?? -1)?.has(known) !== true)
          throw new Error(`seed ${seed}, round ${round}: slot ${known} never had block ${hits}`);
      }
      index.insert(blocks, model, slot);
      for (const name of chain) truth.set(name, (truth.get(name) ?? new Set()).add(slot));
      recent.push({ chain, slot });
      if (recent.length > 25) recent.shift();
      if (random(500) === 0) {
        index.forget(slot < 32 ? 1 << slot : 0, slot < 32 ? 0 : 1 << (slot - 32));
        for (const slots of truth.values()) slots.delete(slot);
        for (let at = recent.length - 1; at >= 0; at--) if (recent[at]?.slot === slot) recent.splice(at, 1);
      }
      if (round % 20 > 0) continue;
      for (const { chain: past, slot: sentTo } of recent)
        expect(hitsOf(index, prompt(...past), [sentTo])).toEqual([past.length]);
    }
    expect(index.bytes).toBe(bytes);
  });
});
