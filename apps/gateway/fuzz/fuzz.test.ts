import { afterAll, describe, expect, test } from '@jest/globals';
import { type Case, everyByte } from './case.ts';
import { escaped, readCorpus } from './corpus.ts';
import { casesPerBatch, fuzzBatch, subjects } from './fuzz.ts';

const readers = subjects();
afterAll(() => {
  for (const reader of readers) reader.close();
});

describe('cases that readers once took differently, or that are known to split parsers apart', () => {
  const corpus = readCorpus();
  test.each(corpus.map((each) => [each.file, each] as const))('%s', async (_, { subject, ...found }) => {
    const reader = readers.find(({ name }) => name === subject);
    const inReads: Case[] = [[], found.cuts, everyByte(found.bytes)].flatMap((cuts) => [
      { bytes: found.bytes, cuts, isLate: false },
      { bytes: found.bytes, cuts, isLate: true },
    ]);
    expect(await reader?.compare(inReads)).toEqual(inReads.map(() => undefined));
  });
});

const seed = Math.floor(Math.random() * 2 ** 31);
const batches = { callers: 40, engines: 40, bodies: 100 };
console.log(`fuzz: seed ${seed}; npm run fuzz -- --seed ${seed} --keep makes what it finds small and keeps it`);

describe(`a short random slice, seed ${seed}`, () => {
  test.each(readers.map((reader) => [reader.name, reader] as const))('%s', async (name, reader) => {
    for (let batch = 0; batch < batches[name as keyof typeof batches]; batch++) {
      const found = await fuzzBatch(reader, seed, batch * casesPerBatch);
      expect(found.map(({ difference, smallest }) => `${difference}\n${escaped(smallest.bytes)}`)).toEqual([]);
    }
    expect(reader.taken).toBeGreaterThan(500);
  });
});
