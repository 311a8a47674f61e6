import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type LogLine, recordingLogger } from '../../gateway.fixture.ts';
import { LimitMemory } from './limit-memory.ts';
import type { UsedLimit } from './used-limits.ts';

const limits: UsedLimit[] = [
  {
    id: 'k-1 tokens',
    per: 'day',
    used: [
      [7_200_000, 500],
      [1_000, 20.5],
    ],
  },
  { id: 'k-1 requests', per: 'minute', used: [[0, 3]] },
];

let folder: string;
let now: number;
let lines: LogLine[];
const memory = (): LimitMemory => new LimitMemory({ folder, clock: { now: () => now }, log: recordingLogger(lines) });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-limits-'));
  now = 1_000_000;
  lines = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the memory of limits', () => {
  test('has what was kept, as much older as the gateway was away', async () => {
    await memory().stop(limits);
    now += 5_000;
    expect(await memory().read()).toEqual([
      {
        id: 'k-1 tokens',
        per: 'day',
        used: [
          [7_205_000, 500],
          [6_000, 20.5],
        ],
      },
      { id: 'k-1 requests', per: 'minute', used: [[5_000, 3]] },
    ]);
    expect(await readdir(folder)).toEqual(['used-limits.json']);
  });

  test('is empty at first, and keeps no file where there are no limits', async () => {
    expect(await memory().read()).toEqual([]);
    await memory().stop([]);
    expect(await readdir(folder)).toEqual([]);
    expect(lines).toEqual([]);
  });

  test('writes nothing when nothing was used since', async () => {
    const one = memory();
    await one.stop(limits);
    now += 60_000;
    const later = limits.map(({ used, ...limit }) => ({
      ...limit,
      used: used.map(([ago, n]) => [ago + 60_000, n] as const),
    }));
    await rm(join(folder, 'used-limits.json'));
    await one.stop(later);
    expect(await readdir(folder)).toEqual([]);
    await one.stop(later.slice(1));
    expect(await readdir(folder)).toEqual(['used-limits.json']);
  });

  test('forgets what has left its window', async () => {
    await memory().stop(limits);
    const second = memory();
    await second.read();
    await second.stop([]);
    expect(await memory().read()).toEqual([]);
  });

  test('has nothing leave its window when the clock was set back', async () => {
    await memory().stop(limits);
    now -= 3_600_000;
    expect(await memory().read()).toEqual(limits);
  });

  test.each([
    ['half of it', '{"savedAt":1000000,"limits":[{"id":"k-1'],
    ['another document', '{"savedAt":1000000}'],
    ['a negative use', '{"savedAt":1000000,"limits":[{"id":"k","per":"day","used":[[0,-5]]}]}'],
    ['a number beyond all', '{"savedAt":1000000,"limits":[{"id":"k","per":"day","used":[[0,1e999]]}]}'],
    ['an unknown period', '{"savedAt":1000000,"limits":[{"id":"k","per":"year","used":[]}]}'],
    ['nothing', ''],
  ])('passes over a damaged file and says so: %s', async (_, text) => {
    await writeFile(join(folder, 'used-limits.json'), text);
    expect(await memory().read()).toEqual([]);
    expect(lines).toEqual([expect.objectContaining({ level: 'warn', file: 'used-limits.json' })]);
  });

  test('says once that it cannot be written, and goes on', async () => {
    await writeFile(join(folder, 'file'), '');
    const beneathAFile = new LimitMemory({
      folder: join(folder, 'file'),
      clock: { now: () => now },
      log: recordingLogger(lines),
    });
    await beneathAFile.stop(limits);
    await beneathAFile.stop(limits);
    expect(lines.map(({ level }) => level)).toEqual(['error']);
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('');
  });
});
