import { describe, expect, test } from '@jest/globals';
import type { LimitSpec } from './limit.ts';
import { limitSharesOf, type SharingGateway } from './limit-shares.ts';
import { type KnownUse, usesAfter } from './limit-uses.ts';

const perMinute = (amount: number): LimitSpec => ({ of: 'tokens', per: 'minute', amount });
const limitOf = (id: string): LimitSpec | undefined => (id === 'x' ? perMinute(1_000) : undefined);

function gateway(
  id: string,
  use: Partial<KnownUse> | null = {},
  more: { others?: number; state?: SharingGateway['state'] } = {},
): SharingGateway {
  const { others = 1 / 3, state = 'serving' } = more;
  const known = { held: 0, wanted: 0, share: others, sent: others, ...use };
  return { id, state, uses: { others, limits: use === null ? {} : { x: known } } };
}

const partOf = (id: string, all: readonly SharingGateway[]) => limitSharesOf(id, all, limitOf)?.uses.limits.x?.sent;
const sharesOf = (id: string, all: readonly SharingGateway[]) => limitSharesOf(id, all, limitOf)?.answer.shares;

describe('shares of a limit', () => {
  const demanding = [
    gateway('a', { wanted: 90, share: 0.2, sent: 0.2 }),
    gateway('b', { wanted: 10 }),
    gateway('c', null),
  ];

  test('go by what each gateway wants, and leave something to those who want nothing', () => {
    const [a = 0, b = 0, c = 0] = demanding.map(({ id }) => partOf(id, demanding));
    expect(a).toBeGreaterThan(b);
    expect(b).toBeGreaterThan(c);
    expect(c).toBeGreaterThan(0);
    expect(a + b + c).toBeLessThanOrEqual(1);
  });

  test('are told only where they differ from what the gateway acts on', () => {
    const alone = [gateway('a', { wanted: 5 }, { others: 1 })];
    expect(limitSharesOf('a', alone, limitOf)?.answer).toEqual({ shares: {}, gateways: 1 });
    expect(sharesOf('c', demanding)).toHaveProperty('x');
  });

  test('are none of a limit that there is no more', () => {
    const uses = usesAfter(null, [{ id: 'old', held: 1, wanted: 1, share: 1 }], 1_000);
    const all: SharingGateway[] = [{ id: 'a', state: 'serving', uses }];
    expect(limitSharesOf('a', all, limitOf)).toMatchObject({ answer: { shares: {} }, uses: { limits: {} } });
  });

  test('are none for a gateway that drains', () => {
    const all = [gateway('a', {}, { state: 'draining' }), gateway('b')];
    expect(limitSharesOf('a', all, limitOf)).toBeUndefined();
    expect(limitSharesOf('b', all, limitOf)?.answer.gateways).toBe(1);
  });

  test.each<{ name: string; state: SharingGateway['state'] }>([
    { name: 'drains', state: 'draining' },
    { name: 'fell silent', state: 'silent' },
  ])('are without what was used at a gateway that $name', ({ state }) => {
    const all = [gateway('a', { held: 300 }, { state }), gateway('b', { wanted: 5, share: 0.1, sent: 0.1 })];
    expect(partOf('b', all)).toBeCloseTo(0.7, 3);
    expect(partOf('b', [gateway('a', { held: 2_000 }, { state }), gateway('b')])).toBe(0);
  });

  test('do not count what was in flight at a gateway that fell silent', () => {
    const all = [gateway('a', { held: 300 }, { state: 'silent' }), gateway('b', { wanted: 5 }, { others: 0.1 })];
    const level: LimitSpec = { of: 'concurrency', per: null, amount: 1_000 };
    expect(limitSharesOf('b', all, () => level)?.uses.limits.x?.sent).toBe(1);
  });
});

test('parts that two gateways act on are one whole at most, in every round of moving load, with answers lost', () => {
  const acting = new Map([
    ['a', 0.5],
    ['b', 0.5],
  ]);
  let rows = [gateway('a', null, { others: 0.5 }), gateway('b', null, { others: 0.5 })];
  for (let round = 0; round < 200; round += 1) {
    for (const id of ['a', 'b']) {
      const isBusy = (id === 'a') === round < 100;
      const share = acting.get(id) ?? 0;
      const report = [{ id: 'x', held: isBusy ? 400 : 20, wanted: isBusy ? 90 : 10, share }];
      const before = rows.find((row) => row.id === id)?.uses ?? null;
      const reporting = { id, state: 'serving' as const, uses: usesAfter(before, report, 1_000) };
      rows = rows.map((row) => (row.id === id ? reporting : row));
      const shared = limitSharesOf(id, rows, limitOf);
      if (shared === undefined) throw new Error('it takes part');
      rows = rows.map((row) => (row.id === id ? { ...row, uses: shared.uses } : row));
      const isLost = round % 7 === 3;
      if (!isLost) acting.set(id, shared.answer.shares.x ?? share);
      expect([...acting.values()].reduce((sum, part) => sum + part, 0)).toBeLessThanOrEqual(1.000001);
    }
    if (round === 99) expect(acting.get('a')).toBeGreaterThan(0.75);
    if (round === 199) expect(acting.get('b')).toBeGreaterThan(0.75);
  }
});
