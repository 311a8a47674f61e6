import { describe, expect, test } from '@jest/globals';
import { blockSeed, maxBlocks, PromptHasher } from './prompt-blocks.ts';

const salt = blockSeed('project-1');
const textOf = (length: number) => Buffer.from(Array.from({ length }, (_, at) => 32 + ((at * 7_919) % 90)));

/** The blocks of one prompt as values, since the hasher uses its own again. */
function blocksOf(body: Uint8Array, spans = [0, body.length], seed = salt): { key: string; end: number }[] {
  const { count, keys, ends } = new PromptHasher().hash(body, spans, seed);
  return Array.from({ length: count }, (_, at) => ({ key: `${keys[2 * at]}:${keys[2 * at + 1]}`, end: ends[at] ?? 0 }));
}
const endsOf = (blocks: { end: number }[]) => blocks.map(({ end }) => end);
const shared = (one: { key: string }[], other: { key: string }[]) => {
  const at = one.findIndex(({ key }, index) => key !== other[index]?.key);
  return at < 0 ? one.length : at;
};

describe('the blocks of a prompt', () => {
  test.each<{ name: string; bytes: number; want: number[] }>([
    { name: 'a question has none', bytes: 511, want: [] },
    { name: 'a short prompt has small ones', bytes: 600, want: [512] },
    { name: 'up to two kilobytes they grow', bytes: 2_048, want: [512, 1_024, 2_048] },
    { name: 'then they stay, and the rest is left out', bytes: 7_000, want: [512, 1_024, 2_048, 4_096, 6_144] },
  ])('$name', ({ bytes, want }) => {
    expect(endsOf(blocksOf(textOf(bytes)))).toEqual(want);
  });

  test('there are 256 at most', () => {
    const body = textOf(2_000_000);
    const blocks = new PromptHasher().hash(body, [0, body.length], salt);
    expect({ count: blocks.count, bytes: blocks.bytes }).toEqual({ count: maxBlocks, bytes: 2_000_000 });
  });

  test('a conversation that grows keeps its blocks', () => {
    const long = textOf(20_000);
    expect(shared(blocksOf(long.subarray(0, 9_000)), blocksOf(long))).toBe(6);
  });

  test.each([0, 5, 511, 512, 2_047, 6_000, 8_191])('a change of byte %i changes its block and all behind it', (at) => {
    const other = textOf(8_192);
    other[at] = 7;
    const [before, after] = [blocksOf(textOf(8_192)), blocksOf(other)];
    expect(shared(before, after)).toBe(before.findIndex(({ end }) => at < end));
    for (let block = shared(before, after); block < before.length; block++)
      expect(after[block]?.key).not.toBe(before[block]?.key);
  });

  test('where the prompt stands in the body makes no difference', () => {
    const body = textOf(6_000);
    const moved = Buffer.concat([Buffer.from('{"model":"chat","messages":'), body]);
    expect(blocksOf(moved, [27, moved.length])).toEqual(blocksOf(body));
  });

  test('spans follow each other; what stands between them counts for nothing', () => {
    const [tools, messages] = [textOf(700), textOf(4_000)];
    const one = Buffer.concat([tools, Buffer.from(',"n":1,'), messages]);
    const other = Buffer.concat([messages, Buffer.from(','), tools]);
    expect(blocksOf(one, [0, 700, 707, 4_707])).toEqual(blocksOf(other, [4_001, 4_701, 0, 4_000]));
    expect(endsOf(blocksOf(one, [0, 700, 707, 4_707]))).toEqual([512, 700, 1_024, 2_048, 4_096]);
  });

  test('token lists of one length do not look the same', () => {
    const tokens = (step: number) =>
      Buffer.from(JSON.stringify(Array.from({ length: 400 }, (_, at) => 1_000 + ((at * step) % 9_000))));
    expect(shared(blocksOf(tokens(1)), blocksOf(tokens(7)))).toBe(0);
  });

  test('another salt gives other keys throughout', () => {
    const body = textOf(8_192);
    const other = new Set(blocksOf(body, [0, body.length], blockSeed('project-2')).map(({ key }) => key));
    expect(blocksOf(body).filter(({ key }) => other.has(key))).toEqual([]);
  });

  test('keys spread over all their bits', () => {
    const ones = new Array<number>(64).fill(0);
    const hasher = new PromptHasher();
    const body = textOf(512);
    for (let round = 0; round < 2_000; round++) {
      body.writeUInt16LE(round, 100);
      const { keys } = hasher.hash(body, [0, 512], salt);
      for (let bit = 0; bit < 64; bit++)
        if ((((keys[bit >> 5] ?? 0) >>> (bit & 31)) & 1) === 1) ones[bit] = (ones[bit] ?? 0) + 1;
    }
    for (const count of ones) expect(Math.abs(count - 1_000)).toBeLessThan(120);
  });
});
