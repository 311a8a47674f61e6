import { describe, expect, test } from '@jest/globals';
import { aFleet, at } from '../../../testkit/src/builders/index.ts';
import { planReplicas, type ReplicaPlan, type ReplicaWorld } from './plan-replicas.ts';

interface Row {
  name: string;
  world: ReplicaWorld;
  /** `a serving→draining`, in any order. */
  moves: readonly string[];
  size?: number;
  removable?: readonly string[];
  restarts?: readonly string[];
}

function plans({ world, moves, size, removable = [], restarts = [] }: Row): void {
  const plan = planReplicas(world);
  expect(told(plan)).toEqual([...moves].sort());
  if (size !== undefined) expect(plan.clusterReplicas).toBe(size);
  expect([...plan.removable].sort()).toEqual([...removable].sort());
  expect([...plan.restarts].sort()).toEqual([...restarts].sort());
}

function told(plan: ReplicaPlan): readonly string[] {
  return plan.moves.map((move) => `${move.id} ${move.from}→${move.to}`).sort();
}

const fresh = { startedAt: at('11:59') };
const starting = { phase: 'starting', proven: false, traffic: 'none' } as const;
const failing = { phase: 'failing', proven: false } as const;

describe('a replica that comes up', () => {
  const none = aFleet().wanting(1);
  test.each<Row>([
    { name: 'is ordered when there are too few', world: none.wanting(3).replica('a').build(), moves: [], size: 3 },
    {
      name: 'takes nothing while its engine loads',
      world: none.replica('a', starting).gateway({}).build(),
      moves: [],
      size: 1,
    },
    {
      name: 'takes nothing before a generation came back, ready or not',
      world: none.replica('a', { traffic: 'none', proven: false }).gateway({}).build(),
      moves: [],
    },
    {
      name: 'is shown to gateways once a generation came back',
      world: none.replica('a', { traffic: 'none' }).gateway({}).build(),
      moves: ['a none→admitting'],
    },
    {
      name: 'serves once every live gateway has admitted it',
      world: none.replica('a', { traffic: 'admitting' }).gateway({ a: {} }).gateway({ a: {} }).build(),
      moves: ['a admitting→serving'],
    },
    {
      name: 'waits for a live gateway that has not admitted it',
      world: none
        .replica('a', { traffic: 'admitting' })
        .gateway({ a: {} })
        .gateway({ a: { admitted: false } })
        .build(),
      moves: [],
    },
    {
      name: 'waits for a live gateway that has not heard of it',
      world: none.replica('a', { traffic: 'admitting' }).gateway({ a: {} }).gateway({}).build(),
      moves: [],
    },
    {
      name: 'does not wait for a silent gateway',
      world: none.replica('a', { traffic: 'admitting' }).gateway({ a: {} }).gateway({}, { live: false }).build(),
      moves: ['a admitting→serving'],
    },
    {
      name: 'does not wait for a gateway that takes no new connections',
      world: none.replica('a', { traffic: 'admitting' }).gateway({ a: {} }).gateway({}, { accepting: false }).build(),
      moves: ['a admitting→serving'],
    },
    {
      name: 'does not serve while no gateway is there to admit it',
      world: none.replica('a', { traffic: 'admitting' }).gateway({}, { live: false }).build(),
      moves: [],
    },
  ])('$name', plans);
});

describe('a replica in trouble', () => {
  const one = aFleet().wanting(1);
  test.each<Row>([
    {
      name: 'takes no traffic any more when it crashes',
      world: one.replica('a', failing).gateway({ a: {} }).build(),
      moves: ['a serving→none'],
      size: 1,
    },
    {
      name: 'must prove itself again after a new start',
      world: one.replica('a', { proven: false }).gateway({ a: {} }).build(),
      moves: ['a serving→none'],
    },
    {
      name: 'keeps serving when its node falls silent',
      world: one.replica('a', { phase: 'lost' }).gateway({ a: {} }).build(),
      moves: [],
      size: 1,
    },
    {
      name: 'keeps serving on a silent node that cannot be asked for a generation',
      world: one.replica('a', { phase: 'lost', proven: false }).gateway({ a: {} }).build(),
      moves: [],
    },
    {
      name: 'drains when someone else stops it, and is replaced by the cluster, not by us',
      world: one
        .wanting(2)
        .replica('a', { phase: 'stopping' })
        .replica('b')
        .gateway({ a: { inFlight: 1 } })
        .build(),
      moves: ['a serving→draining'],
      size: 2,
    },
    {
      name: 'is not counted twice while it stops and drains',
      world: one
        .draining('a', { phase: 'stopping' })
        .replica('b')
        .gateway({ a: { inFlight: 1 } })
        .build(),
      moves: [],
      size: 1,
    },
    {
      name: 'is not named for removal when it stops already',
      world: one.replica('a', { phase: 'stopping', traffic: 'drained' }).replica('b').gateway({}).build(),
      moves: [],
      size: 1,
    },
  ])('$name', plans);
});

describe('scaling down', () => {
  const two = aFleet().wanting(1).replica('a').replica('b');
  test.each<Row>([
    {
      name: 'drains the replica with the least to finish, counted over all gateways',
      world: two
        .gateway({ a: { inFlight: 1 }, b: { inFlight: 2 } })
        .gateway({ a: { inFlight: 5 }, b: { inFlight: 1 } })
        .build(),
      moves: ['b serving→draining'],
      size: 2,
    },
    {
      name: 'keeps draining what it chose, also when another has less to finish by now',
      world: aFleet()
        .wanting(1)
        .replica('a')
        .draining('b')
        .gateway({ b: { inFlight: 9 } })
        .build(),
      moves: [],
      size: 2,
    },
    {
      name: 'takes a replica that serves nobody first',
      world: two.replica('c', starting).wanting(2).gateway({}).build(),
      moves: ['c none→drained'],
      size: 2,
      removable: ['c'],
    },
    {
      name: 'takes one that is not admitted yet before one that serves',
      world: two.replica('c', { traffic: 'admitting' }).wanting(2).gateway({}).build(),
      moves: ['c admitting→draining'],
      size: 3,
    },
    {
      name: 'takes a replica that has just crashed before a healthy one, however idle that is',
      world: aFleet()
        .wanting(1)
        .replica('a', failing)
        .replica('b')
        .gateway({ a: { inFlight: 3 } })
        .build(),
      moves: ['a serving→draining'],
      size: 2,
    },
    {
      name: 'calls a draining replica back when another crashes, which goes instead',
      world: aFleet()
        .wanting(1)
        .draining('a')
        .replica('b', { ...failing, traffic: 'none' })
        .gateway({ a: {} })
        .build(),
      moves: ['a draining→serving', 'b none→drained'],
      size: 1,
      removable: ['b'],
    },
    {
      name: 'holds a draining replica while a gateway has requests on it',
      world: aFleet()
        .wanting(1)
        .replica('a')
        .draining('b')
        .gateway({ b: { inFlight: 1 } })
        .build(),
      moves: [],
      size: 2,
    },
    {
      name: 'lets a draining replica go when no gateway has a request on it',
      world: aFleet().wanting(1).replica('a').draining('b').gateway({ b: {} }).build(),
      moves: ['b draining→drained'],
      size: 1,
      removable: ['b'],
    },
    {
      name: 'holds a draining replica while a gateway serves by an older snapshot',
      world: aFleet().wanting(1).replica('a').draining('b').gateway({ b: {} }, { current: false }).build(),
      moves: [],
      size: 2,
    },
    {
      name: 'holds a draining replica while a gateway is silent',
      world: aFleet().wanting(1).replica('a').draining('b').gateway({ b: {} }).gateway({}, { live: false }).build(),
      moves: [],
      size: 2,
    },
    {
      name: 'holds it for a gateway that takes no new connections but still has requests',
      world: aFleet()
        .wanting(1)
        .replica('a')
        .draining('b')
        .gateway({ b: { inFlight: 1 } }, { accepting: false })
        .build(),
      moves: [],
    },
    {
      name: 'holds it no longer than the bound',
      world: aFleet()
        .wanting(1)
        .replica('a')
        .draining('b', { trafficSince: at('11:50') })
        .gateway({ b: { inFlight: 1 } })
        .gateway({}, { live: false })
        .build(),
      moves: ['b draining→drained'],
      size: 1,
      removable: ['b'],
    },
    {
      name: 'keeps room for every replica that still finishes',
      world: aFleet()
        .wanting(0)
        .draining('a')
        .draining('b')
        .replica('c', { traffic: 'drained' })
        .gateway({ a: { inFlight: 1 }, b: { inFlight: 1 } })
        .build(),
      moves: [],
      size: 2,
      removable: ['c'],
    },
    {
      name: 'calls a draining replica back when it is needed after all',
      world: aFleet()
        .wanting(2)
        .replica('a')
        .draining('b')
        .gateway({ b: { inFlight: 1 } })
        .build(),
      moves: ['b draining→serving'],
      size: 2,
    },
    {
      name: 'a replica that is called back serves only when every live gateway has admitted it',
      world: aFleet()
        .wanting(2)
        .replica('a')
        .draining('b')
        .gateway({ b: { admitted: false } })
        .build(),
      moves: ['b draining→admitting'],
      size: 2,
    },
    {
      name: 'brings a drained replica back when it is needed after all',
      world: aFleet().wanting(2).replica('a').replica('b', { traffic: 'drained' }).gateway({}).build(),
      moves: ['b drained→none'],
      size: 2,
    },
    {
      name: 'does not bring back a drained replica that the cluster has begun to take',
      world: aFleet()
        .wanting(2)
        .replica('a')
        .replica('b', { traffic: 'drained', phase: 'stopping' })
        .gateway({})
        .build(),
      moves: [],
      size: 2,
    },
  ])('$name', plans);
});

describe('a restart', () => {
  const old = aFleet().restartingBefore('11:30');
  const three = old.wanting(3).replica('a').replica('b').replica('c');
  test.each<Row>([
    {
      name: 'begins with one replica',
      world: three.gateway({}).build(),
      moves: ['a serving→draining'],
      size: 3,
    },
    {
      name: 'goes on with the one it began with, and orders none beside it',
      world: old
        .wanting(3)
        .draining('a')
        .replica('b')
        .replica('c')
        .gateway({ a: { inFlight: 1 } })
        .build(),
      moves: [],
      size: 3,
    },
    {
      name: 'has the cluster replace it once it has drained',
      world: old.wanting(3).draining('a').replica('b').replica('c').gateway({}).build(),
      moves: ['a draining→drained'],
      size: 3,
      restarts: ['a'],
    },
    {
      name: 'waits until the replacement serves',
      world: old
        .wanting(3)
        .replica('d', { ...fresh, ...starting })
        .replica('b')
        .replica('c')
        .gateway({})
        .build(),
      moves: [],
      size: 3,
    },
    {
      name: 'takes the next when the replacement serves',
      world: old.wanting(3).replica('d', fresh).replica('b').replica('c').gateway({}).build(),
      moves: ['b serving→draining'],
      size: 3,
    },
    {
      name: 'is over when all have started anew',
      world: old.wanting(2).replica('d', fresh).replica('e', fresh).gateway({}).build(),
      moves: [],
      size: 2,
    },
    {
      name: 'replaces at once a replica that takes no traffic',
      world: old.wanting(2).replica('a').replica('b', starting).gateway({}).build(),
      moves: ['b none→drained'],
      size: 2,
      restarts: ['b'],
    },
    {
      name: 'does not take a replica while another is missing',
      world: old.wanting(3).replica('a').replica('b').gateway({}).build(),
      moves: [],
      size: 3,
    },
    {
      name: 'of a single replica starts another beside it first',
      world: old.wanting(1).replica('a').gateway({}).build(),
      moves: [],
      size: 2,
    },
    {
      name: 'of a single replica lets it go once the other serves',
      world: old.wanting(1).replica('a').replica('b', fresh).gateway({}).build(),
      moves: ['a serving→draining'],
      size: 2,
    },
    {
      name: 'of a single replica keeps it while the other cannot serve yet',
      world: old
        .wanting(1)
        .replica('a')
        .replica('b', { ...fresh, traffic: 'admitting' })
        .gateway({})
        .build(),
      moves: [],
      size: 2,
    },
    {
      name: 'of a single replica keeps the one that serves when several fresh ones come up',
      world: old
        .wanting(1)
        .replica('a')
        .replica('b', { ...fresh, traffic: 'admitting' })
        .replica('c', { ...fresh, ...starting })
        .gateway({})
        .build(),
      moves: ['c none→drained'],
      size: 2,
      removable: ['c'],
    },
    {
      name: 'waits for a scale-down: never the last two at once',
      world: old
        .wanting(2)
        .replica('a')
        .replica('b')
        .replica('c', { ...fresh, traffic: 'admitting' })
        .gateway({ a: { inFlight: 4 } })
        .build(),
      moves: ['c admitting→draining'],
      size: 3,
    },
    {
      name: 'lets a scale-down take replicas that have not started anew first',
      world: old
        .wanting(2)
        .replica('a', fresh)
        .replica('b')
        .replica('c', fresh)
        .gateway({ b: { inFlight: 9 } })
        .build(),
      moves: ['b serving→draining'],
      size: 3,
    },
    {
      name: 'keeps room for a replica that a scale-down drains',
      world: old
        .wanting(2)
        .replica('a')
        .draining('b')
        .replica('c')
        .gateway({ b: { inFlight: 1 } })
        .build(),
      moves: [],
      size: 3,
    },
    {
      name: 'leaves it to a scale-down to remove what has drained',
      world: old
        .wanting(2)
        .replica('a', fresh)
        .replica('b', { traffic: 'drained' })
        .replica('c', fresh)
        .gateway({})
        .build(),
      moves: [],
      size: 2,
      removable: ['b'],
    },
    {
      name: 'does not keep a revision that is to go',
      world: old
        .wanting(0)
        .draining('a')
        .replica('b', { traffic: 'drained' })
        .gateway({ a: { inFlight: 1 } })
        .build(),
      moves: [],
      size: 1,
      removable: ['b'],
    },
  ])('$name', plans);
});
