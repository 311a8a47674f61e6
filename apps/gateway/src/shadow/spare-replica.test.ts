import { describe, expect, test } from '@jest/globals';
import { aCandidate } from '../routing/candidate.fixture.ts';
import { mustMakeWay, type ShadowReplica, spareReplica } from './spare-replica.ts';

const replica = (change: Partial<ShadowReplica & { id: string }> = {}) => ({
  ...aCandidate(),
  shadowCopies: 0,
  gone: false,
  ...change,
});
const load = (change: Partial<NonNullable<ShadowReplica['load']>>) => ({
  running: 0,
  waiting: 0,
  kvUse: 0,
  adapters: null,
  at: 0,
  ...change,
});
const ejection = { because: 'answers', at: 0, until: 1 } as const;

describe('where a copy goes', () => {
  test.each<{ name: string; replicas: ReturnType<typeof replica>[]; most?: number | null; now?: number; want: string }>(
    [
      { name: 'nowhere without replicas', replicas: [], want: 'none' },
      { name: 'to an idle replica', replicas: [replica({ id: 'a' })], want: 'a' },
      {
        name: 'to the one with the least to do, copies included',
        replicas: [replica({ id: 'a', inFlight: 1, shadowCopies: 1 }), replica({ id: 'b', inFlight: 1 })],
        want: 'b',
      },
      { name: 'not to one that drains', replicas: [replica({ state: 'draining' })], want: 'none' },
      { name: 'not to one that is not admitted yet', replicas: [replica({ state: 'admitting' })], want: 'none' },
      {
        name: 'not to one that was never reached',
        replicas: [replica({ health: { ...replica().health, admitted: false } })],
        want: 'none',
      },
      {
        name: 'not to one that is ejected',
        replicas: [replica({ health: { ...replica().health, ejection } })],
        want: 'none',
      },
      { name: 'to one that is less than half full', replicas: [replica({ id: 'a', inFlight: 3 })], most: 8, want: 'a' },
      { name: 'not to one that is half full', replicas: [replica({ inFlight: 4 })], most: 8, want: 'full' },
      { name: 'copies fill it as well', replicas: [replica({ shadowCopies: 4 })], most: 8, want: 'full' },
      { name: 'to one that takes a single request and has none', replicas: [replica({ id: 'a' })], most: 1, want: 'a' },
      { name: 'not where it has that one', replicas: [replica({ inFlight: 1 })], most: 1, want: 'full' },
      {
        name: 'half of sixteen where no bound is known',
        replicas: [replica({ inFlight: 8 })],
        most: null,
        want: 'full',
      },
      {
        name: 'not where requests wait in the engine',
        replicas: [replica({ load: load({ waiting: 1 }) })],
        want: 'full',
      },
      { name: 'not where its cache is full', replicas: [replica({ load: load({ kvUse: 0.8 }) })], want: 'full' },
      {
        name: 'an old word about its load says nothing',
        replicas: [replica({ id: 'a', load: load({ waiting: 9 }) })],
        now: 6_000,
        want: 'a',
      },
    ],
  )('$name', ({ replicas, most = null, now = 0, want }) => {
    const found = spareReplica(replicas, most, now);
    expect(typeof found === 'string' ? found : (found as { id?: string }).id).toBe(want);
  });
});

describe('when a copy makes way', () => {
  test.each([
    { name: 'not while there is room', change: { inFlight: 7, shadowCopies: 1 }, want: false },
    { name: 'when callers need the room', change: { inFlight: 8, shadowCopies: 1 }, want: true },
    { name: 'when the replica drains', change: { state: 'draining' as const }, want: true },
    { name: 'when the replica is ejected', change: { health: { ...replica().health, ejection } }, want: true },
    { name: 'when the snapshot has it no more', change: { gone: true }, want: true },
  ])('$name', ({ change, want }) => {
    expect(mustMakeWay({ ...replica(), ...change }, 8)).toBe(want);
  });
});
