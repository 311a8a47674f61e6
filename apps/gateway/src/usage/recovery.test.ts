import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EntryBuffer } from './entry-buffer.ts';
import { Entry, lineOf, readLine } from './line.ts';
import { lastLineOf, linesIn } from './read-segment.ts';
import { RecordQueue } from './records.ts';
import { WriterLedger } from './recovery.ts';

const json = (id: string, more: object = {}) => JSON.stringify({ id, requestId: `"${id}" 00000000 Sx`, ...more });
const reservation = (id: string) => `R${json(id, { reserved: { input: 7, output: 9 } })}`;
const settlement = (id: string) => `S${json(id, { tokens: { input: 1 } })}`;

const lines = [
  [reservation('a'), reservation('b')],
  [settlement('a'), reservation('c'), 'C'],
  ['Xb'],
  [settlement('c')],
  [reservation('d'), settlement('d')],
].map(lineOf);
const segment = Buffer.concat(lines);
const ends = lines.map((_, index) => lines.slice(0, index + 1).reduce((sum, line) => sum + line.length, 0));

const textsOf = (entries: readonly Entry[]): string[] => entries.map(({ kind, text }) => kind + text);

function readWhole(bytes: Buffer): { entries: string[]; damagedBytes: number } {
  const { lines: found, rest } = linesIn(bytes);
  const all = rest < bytes.length ? [...found, lastLineOf(bytes.subarray(rest))] : found;
  return {
    entries: all.flatMap(({ entries }) => textsOf(entries)),
    damagedBytes: all.reduce((sum, line) => sum + line.damagedBytes, 0),
  };
}

const sound = lines.map((line) => textsOf(readLine(line.subarray(0, -1)) ?? []));

describe('a segment', () => {
  test('cut at every byte keeps every line before the cut, whole, and tells of the rest', () => {
    for (let cut = 0; cut <= segment.length; cut += 1) {
      // A line that lacks nothing but its line feed is there.
      const whole = ends.filter((end) => end - 1 <= cut).length;
      const { entries, damagedBytes } = readWhole(segment.subarray(0, cut));
      expect(entries).toEqual(sound.slice(0, whole).flat());
      const lastEnd = ends[whole - 1] ?? 0;
      expect(damagedBytes).toBe(Math.max(0, cut - lastEnd));
    }
  });

  test('with any byte changed to any other loses that line at most, and reads nothing that was not written', () => {
    for (let at = 0; at < segment.length; at += 1) {
      const hit = ends.findIndex((end) => at < end);
      for (const change of [0x01, 0x80, 0x20, (segment[at] ?? 0) ^ 0x0a, 0xff]) {
        if (change === 0) continue;
        const damaged = Buffer.from(segment);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        const { entries, damagedBytes } = readWhole(damaged);
        const isLineFeed = at === (ends[hit] ?? 0) - 1;
        // The last line's end is the end of the file: there is nothing to cut it from the changed byte.
        const isSaved = isLineFeed && hit < lines.length - 1;
        expect(entries).toEqual(sound.filter((_, index) => index !== hit || isSaved).flat());
        expect(damagedBytes).toBeGreaterThan(0);
      }
    }
  });

  test('with anything in its middle goes on at the next sound line', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: lines.length }), (garbage, place) => {
        const before = Buffer.concat(lines.slice(0, place));
        const after = Buffer.concat(lines.slice(place));
        const { entries } = readWhole(Buffer.concat([before, garbage, Buffer.from('\n'), after]));
        expect(entries).toEqual(sound.flat());
      }),
    );
  });

  test('does not take a caller’s text for a line', () => {
    const forged = lineOf(['Xvictim']).toString('latin1').trim();
    const line = lineOf([`R{"id":"a","requestId":"${forged}"}`]);
    line[2] = (line[2] ?? 0) ^ 1;
    expect(readWhole(line).entries).toEqual([]);
  });
});

describe('waiting entries', () => {
  test('written by a disk that takes a few bytes and fails now and then are all there, once', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2, max: 400 }), { minLength: 1, maxLength: 60 }), (steps) => {
        const buffer = new EntryBuffer();
        const files: Buffer[][] = [[]];
        const wanted: string[] = [];
        for (const [index, step] of steps.entries()) {
          wanted.push(`S${json(`id-${index}`, { pad: 'x'.repeat(index * 40) })}`);
          buffer.add(wanted.at(-1) ?? '');
          let left = step;
          try {
            buffer.writeWith((from, at, length) => {
              if (left <= 0) throw new Error('no space');
              const written = Math.min(length, left);
              left -= step < 200 ? written : 1;
              files.at(-1)?.push(Buffer.from(from.subarray(at, at + written)));
              return written;
            });
          } catch {
            // The next try goes to another file.
            files.push([]);
          }
        }
        buffer.writeWith((from, at, length) => {
          files.at(-1)?.push(Buffer.from(from.subarray(at, at + length)));
          return length;
        });
        const read = files.flatMap((file) => readWhole(Buffer.concat(file)).entries);
        expect(read).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  test('longer than the buffer come out in order', () => {
    const buffer = new EntryBuffer();
    const wanted = Array.from({ length: 3_000 }, (_, index) => `S${json(`id-${index}`, { pad: 'x'.repeat(200) })}`);
    for (const entry of wanted) buffer.add(entry);
    const parts: Buffer[] = [];
    buffer.writeWith((from, at, length) => {
      parts.push(Buffer.from(from.subarray(at, at + length)));
      return length;
    });
    expect(buffer.isEmpty).toBe(true);
    expect(readWhole(Buffer.concat(parts)).entries).toEqual(wanted);
  });
});

describe('a writer’s ledger', () => {
  const ids = (records: readonly string[]) => records.map((record) => JSON.parse(record).id);
  /** As a sender does: what was read is overwritten by what is read next. */
  const reading = (ledger: WriterLedger, segmentNumber: number, ...texts: string[]): string[] => {
    const queue = new RecordQueue();
    const bytes = Buffer.from(texts.join(''));
    let at = 0;
    for (const { length } of texts) {
      ledger.read(new Entry(bytes, at, at + length), segmentNumber, queue);
      at += length;
    }
    ledger.keep();
    bytes.fill('?');
    return queue.first(1_000, 1e6).texts();
  };

  test('delivers what is settled, and books what was in flight when the writer died', () => {
    const ledger = new WriterLedger();
    expect(ids(reading(ledger, 1, reservation('a'), reservation('b'), settlement('a')))).toEqual(['a']);
    const [booked] = ledger.takeOpen(10);
    expect(JSON.parse(booked ?? '')).toMatchObject({
      id: 'b',
      exactness: 'estimated',
      outcome: 'error',
      status: 0,
      revisionId: null,
      tokens: { input: 7, cached: 0, output: 9, reasoning: 0 },
    });
    expect(JSON.parse(booked ?? '')).not.toHaveProperty('reserved');
    expect(ledger.takeOpen(10)).toEqual([]);
  });

  test('a reservation that was carried over and is settled later is not booked', () => {
    const ledger = new WriterLedger();
    reading(ledger, 1, reservation('a'), reservation('b'));
    expect(ids(reading(ledger, 2, settlement('b'), reservation('a'), 'C'))).toEqual(['b']);
    expect(ids(reading(ledger, 3, settlement('a')))).toEqual(['a']);
    expect(ledger.takeOpen(10)).toEqual([]);
  });

  test('a reservation that was not carried over had a settlement, and that was lost', () => {
    const ledger = new WriterLedger();
    reading(ledger, 1, reservation('a'), reservation('b'));
    expect(ids(reading(ledger, 2, reservation('new'), reservation('b'), 'C'))).toEqual(['a']);
    expect(ids(ledger.takeOpen(10)).sort()).toEqual(['b', 'new']);
  });

  test('what was settled in a merged record is neither delivered nor booked', () => {
    const ledger = new WriterLedger();
    expect(reading(ledger, 1, reservation('a'), 'Xa', 'Xnobody')).toEqual([]);
    expect(ledger.takeOpen(10)).toEqual([]);
  });
});
