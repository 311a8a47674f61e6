import { describe, expect, test } from '@jest/globals';
import { Deadlines } from '../deadlines.ts';
import { backendOf, routeOf } from '../gateway.fixture.ts';
import { freshHealth } from '../health/replica-health.ts';
import { Counters } from '../observe/counters.ts';
import { ReplicaConnections } from '../upstream/replica-connections.ts';
import { largestShare, pick } from './pick.ts';
import { Replica } from './replica.ts';
import type { Route } from './routing-table.ts';

interface Given {
  revision: string;
  weight: number;
  limit?: number;
  replicas: { name: string; state?: Replica['state']; admitted?: boolean; ejected?: boolean; inFlight?: number }[];
}

/** No pick opens a connection. */
const now = (): number => 0;
const connections = new ReplicaConnections({
  address: '127.0.0.1:1',
  now,
  deadlines: new Deadlines({ everyMs: 1_000, now }),
});

function routeWith(...given: Given[]): Route {
  const counters = new Counters();
  const backends = given.map(({ revision, weight, limit, replicas }) => ({
    facts: backendOf({ revisionId: revision, at: [], maxInFlightPerReplica: limit ?? null }),
    revisionId: revision,
    weight,
    turns: { next: 0 },
    observer: counters.revision('route', revision),
    replicas: replicas.map(({ name, state = 'serving', admitted = true, ejected = false, inFlight = 0 }) => {
      const replica = new Replica({ id: name, address: '127.0.0.1:1', state }, '/health', connections);
      const ejection = ejected ? ({ because: 'answers', at: 0, until: 1 } as const) : null;
      replica.health = { ...freshHealth, admitted, ejection };
      replica.inFlight = inFlight;
      return replica;
    }),
  }));
  return { facts: routeOf([]), backends, tickets: { next: 0 }, observer: counters.route('route') };
}

const picks = (route: Route, times: number) => Array.from({ length: times }, () => pick(route)?.replica.id ?? 'none');

describe('picking a replica', () => {
  test.each<{ name: string; given: Given[]; want: string[] }>([
    {
      name: 'the one with the least outstanding work',
      given: [
        {
          revision: 'a',
          weight: 10_000,
          replicas: [
            { name: 'busy', inFlight: 3 },
            { name: 'idle', inFlight: 1 },
          ],
        },
      ],
      want: ['idle', 'idle'],
    },
    {
      name: 'equals in turn',
      given: [{ revision: 'a', weight: 10_000, replicas: [{ name: 'one' }, { name: 'two' }, { name: 'three' }] }],
      want: ['one', 'two', 'three', 'one'],
    },
    {
      name: 'not the draining, the admitting, the unreached, the ejected',
      given: [
        {
          revision: 'a',
          weight: 10_000,
          replicas: [
            { name: 'draining', state: 'draining' },
            { name: 'admitting', state: 'admitting' },
            { name: 'unreached', admitted: false },
            { name: 'ejected', ejected: true },
            { name: 'good', inFlight: 9 },
          ],
        },
      ],
      want: ['good', 'good'],
    },
    {
      name: 'one below its limit before an idler one that is full',
      given: [
        {
          revision: 'a',
          weight: 10_000,
          limit: 4,
          replicas: [
            { name: 'full', inFlight: 4 },
            { name: 'other', inFlight: 3 },
          ],
        },
      ],
      want: ['other'],
    },
    {
      name: 'a full one when all are full',
      given: [
        {
          revision: 'a',
          weight: 10_000,
          limit: 1,
          replicas: [
            { name: 'full', inFlight: 4 },
            { name: 'fuller', inFlight: 5 },
          ],
        },
      ],
      want: ['full'],
    },
    {
      name: 'an ejected one when all are ejected',
      given: [
        {
          revision: 'a',
          weight: 10_000,
          replicas: [
            { name: 'x', ejected: true },
            { name: 'y', state: 'draining' },
          ],
        },
      ],
      want: ['x'],
    },
    {
      name: 'another weighted revision when the chosen one is ejected',
      given: [
        { revision: 'a', weight: 9_999, replicas: [{ name: 'a-1', ejected: true }] },
        { revision: 'b', weight: 1, replicas: [{ name: 'b-1' }] },
      ],
      want: ['b-1', 'b-1', 'b-1'],
    },
    {
      name: 'never a revision without weight',
      given: [
        { revision: 'a', weight: 10_000, replicas: [] },
        { revision: 'warm', weight: 0, replicas: [{ name: 'warm-1' }] },
      ],
      want: ['none'],
    },
  ])('$name', ({ given, want }) => {
    expect(picks(routeWith(...given), want.length)).toEqual(want);
  });

  test('a second try goes to the stable revision and never to a replica that failed', () => {
    const route = routeWith(
      { revision: 'stable', weight: 9_000, replicas: [{ name: 's-1', inFlight: 50 }] },
      { revision: 'canary', weight: 1_000, replicas: [{ name: 'c-1' }, { name: 'c-2' }] },
    );
    const [stable, canary] = [largestShare(route), route.backends[1]];
    const failed = canary?.replicas[0];
    if (failed === undefined) throw new Error('the canary has no replica');
    expect(pick(route, { tried: [failed], prefer: stable })?.replica.id).toBe('s-1');
    const last = stable?.replicas[0];
    if (last === undefined) throw new Error('the stable revision has no replica');
    expect(pick(route, { tried: [last], prefer: stable })?.backend.revisionId).toBe('canary');
    expect(pick(route, { tried: route.backends.flatMap(({ replicas }) => replicas) })).toBeUndefined();
  });

  test('second tries leave the split alone', () => {
    const route = routeWith({ revision: 'a', weight: 10_000, replicas: [{ name: 'a-1' }, { name: 'a-2' }] });
    const first = pick(route);
    if (first === undefined) throw new Error('nothing was picked');
    pick(route, { tried: [first.replica] });
    expect(route.tickets.next).toBe(1);
  });
});
