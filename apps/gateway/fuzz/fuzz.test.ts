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

/** The same cases every time: new ones are what `npm run fuzz` is for. */
const seed = 1;
const batches = { callers: 40, engines: 40, bodies: 100 };

describe('a short slice', () => {
  test.each(readers.map((reader) => [reader.name, reader] as const))('%s', async (name, reader) => {
    for (let batch = 0; batch < batches[name as keyof typeof batches]; batch++) {
      const found = await fuzzBatch(reader, seed, batch * casesPerBatch);
      expect(found.map(({ difference, smallest }) => `${difference}\n${escaped(smallest.bytes)}`)).toEqual([]);
    }
    // A slice of which nothing is taken compares nothing.
    expect(reader.taken).toBeGreaterThan(500);
  });
});
