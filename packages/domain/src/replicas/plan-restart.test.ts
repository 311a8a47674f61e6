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
      name: 'of a single replica has it removed once it has drained: the other has taken its place',
      world: old.wanting(1).draining('a').replica('b', fresh).gateway({}).build(),
      moves: ['a draining→drained'],
      size: 1,
      removable: ['a'],
    },
    {
      name: 'of a single replica keeps it when the other has just crashed',
      world: old
        .wanting(1)
        .replica('a')
        .replica('b', { ...fresh, ...failing })
        .gateway({})
        .build(),
      moves: ['b serving→none'],
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
