import { describe, expect, test } from '@jest/globals';
import { aFleet } from '../../../testkit/src/builders/index.ts';
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
      name: 'goes on serving while someone else stops it, until another one serves',
      world: one
        .wanting(2)
        .replica('a', { phase: 'stopping' })
        .draining('b', { phase: 'stopping' })
        .replica('c', { traffic: 'admitting' })
        .gateway({ a: { inFlight: 1 }, b: { inFlight: 1 }, c: {} })
        .build(),
      moves: ['c admitting→serving'],
      size: 2,
    },
    {
      name: 'drains when someone else stops the last one and none is wanted',
      world: one
        .wanting(0)
        .replica('a', { phase: 'stopping' })
        .gateway({ a: { inFlight: 1 } })
        .build(),
      moves: ['a serving→draining'],
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
