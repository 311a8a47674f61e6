import { describe, expect, test } from '@jest/globals';
import { createRandomIds } from './random-ids.ts';

describe('random ids', () => {
  test('hex digits have the length that was asked for and do not repeat', () => {
    const ids = createRandomIds();
    const seen = new Set(Array.from({ length: 2_000 }, (_, index) => ids.hex(index % 2 === 0 ? 32 : 16)));
    expect(seen.size).toBe(2_000);
    for (const id of seen) expect(id).toMatch(/^(?:[0-9a-f]{16}|[0-9a-f]{32})$/);
  });

  test('UUIDs are of version 4, over the ends of pools, and do not repeat', () => {
    const ids = createRandomIds();
    const seen = new Set(Array.from({ length: 200 }, () => ids.uuid()));
    expect(seen.size).toBe(200);
    for (const id of seen) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('every random bit but those that version and variant take is in the id', () => {
    const ids = createRandomIds((bytes) => {
      for (const index of bytes.keys()) bytes.writeUInt8((index * 17) & 0xff, index);
    });
    expect(ids.uuid()).toBe('00112233-4455-4677-8899-aabbccddeeff');
    expect(createRandomIds((bytes) => bytes.fill(0xff)).uuid()).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
  });
});
