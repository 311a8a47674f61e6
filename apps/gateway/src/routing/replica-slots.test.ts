import { describe, expect, test } from '@jest/globals';
import { ReplicaSlots } from './replica-slots.ts';

const aReplica = (servedModelName = 'tiny') => ({ servedModelName, slot: undefined as number | undefined });

function aBook() {
  const swept: [number, number][] = [];
  const slots = new ReplicaSlots((lo, hi) => void swept.push([lo, hi]));
  const give = (count: number, model?: string) =>
    Array.from({ length: count }, () => {
      const replica = aReplica(model);
      slots.give(replica);
      return replica;
    });
  return { slots, swept, give };
}

describe('slots of the prefix index', () => {
  test('each replica of a model has its own; the 65th has none', () => {
    const { give, swept } = aBook();
    const given = give(65).map(({ slot }) => slot);
    expect(given).toEqual([...Array.from({ length: 64 }, (_, at) => at), undefined]);
    expect(swept).toEqual([]);
  });

  test('models number their replicas apart', () => {
    const { give } = aBook();
    expect([...give(1), ...give(1, 'large')].map(({ slot }) => slot)).toEqual([0, 0]);
  });

  test('a slot that was given back is used again after a sweep, and only when no fresh one is left', () => {
    const { slots, give, swept } = aBook();
    const given = give(60);
    for (const at of [3, 40, 59]) slots.takeBack(given[at] ?? aReplica());
    expect(given[3]?.slot).toBeUndefined();
    expect(give(4).map(({ slot }) => slot)).toEqual([60, 61, 62, 63]);
    expect(swept).toEqual([]);
    expect(give(4).map(({ slot }) => slot)).toEqual([3, 40, 59, undefined]);
    expect(swept).toEqual([[1 << 3, (1 << 8) | (1 << 27)]]);
  });

  test('a replica without a slot gives none back', () => {
    const { slots, give, swept } = aBook();
    give(64);
    slots.takeBack(aReplica());
    expect(give(1)[0]?.slot).toBeUndefined();
    expect(swept).toEqual([]);
  });
});
