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

const starting = { phase: 'starting', proven: false, traffic: 'none' } as const;
const failing = { phase: 'failing', proven: false } as const;

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
