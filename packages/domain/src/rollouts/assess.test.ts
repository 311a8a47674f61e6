import { describe, expect, test } from '@jest/globals';
import { aRollout, at, requests } from '../../../testkit/src/builders/index.ts';
import { type Assessment, assess } from './assess.ts';
import type { RolloutWorld } from './rollout-world.ts';

interface Row {
  name: string;
  world: RolloutWorld;
  want: Partial<Assessment> & Pick<Assessment, 'kind'>;
  now?: string;
}

function assessesTo({ world, want, now = '12:01' }: Row): void {
  expect(assess(world, at(now))).toMatchObject(want);
}

const failing = requests(200, { errors: 60 });
const good = requests(200);
const canary = aRollout().stepping(10).routable(1).reachedAt('12:00');

describe('on the way back', () => {
  const back = aRollout().goingBack().stepping(100, 0);
  test.each<Row>([
    {
      name: 'the weight rises with every replica that comes up',
      world: back.routable(3).build(),
      want: { kind: 'weightDue', weight: 3_000, reached: false },
    },
    {
      name: 'the weight rises further when more replicas come up',
      world: back.routable(7).weighing(30).build(),
      want: { kind: 'weightDue', weight: 7_000, reached: false },
    },
    {
      name: 'what its replicas carry already leaves it short of the rest',
      world: back.routable(3).weighing(30).build(),
      want: { kind: 'short' },
    },
    {
      name: 'the weight is reached when all are up',
      world: back.allRoutable().weighing(70).build(),
      want: { kind: 'weightDue', weight: 10_000, reached: true },
    },
    {
      name: 'the weight falls when replicas are lost',
      world: back.routable(3).weighing(70).build(),
      want: { kind: 'weightDue', weight: 3_000, reached: false },
    },
    {
      name: 'no gate is asked',
      world: back
        .steps([{ kind: 'weight', percent: 50, forMs: 0 }])
        .ordered(50)
        .allRoutable()
        .reachedAt('12:00')
        .counted(failing, good)
        .build(),
      want: { kind: 'stepPassed', verdict: null },
    },
    {
      name: 'no report from gateways is waited for',
      world: back.allRoutable().noStats().build(),
      want: { kind: 'weightDue', weight: 10_000, reached: true },
    },
    {
      name: 'a pause holds the weight where it is',
      world: back.routable(3).paused().build(),
      want: { kind: 'paused' },
    },
  ])('$name', assessesTo);
});

describe('after the last step', () => {
  test.each<Row>([
    {
      name: 'a step beyond the last has passed',
      world: canary.steps([], 3).build(),
      want: { kind: 'stepPassed', verdict: null },
    },
    {
      name: 'a revision that has all of the traffic is promoted',
      world: aRollout().promoting().allRoutable().build(),
      want: { kind: 'promotable' },
    },
    {
      name: 'a revision that some gateway does not yet send all of the traffic to is not promoted',
      world: aRollout().promoting().allRoutable().unacknowledged().build(),
      want: { kind: 'acknowledging' },
    },
    {
      name: 'a revision that was advanced past its last step gets all of the traffic before it is promoted',
      world: aRollout().promoting().allRoutable().weighing(50).build(),
      want: { kind: 'weightDue', weight: 10_000, reached: true },
    },
    {
      name: 'a revision that cannot carry all of the traffic is not promoted',
      world: aRollout().promoting().routable(5).weighing(50).build(),
      want: { kind: 'short' },
    },
    {
      name: 'replicas lost just before the promotion give their traffic back to the old revision',
      world: aRollout().promoting().routable(5).build(),
      want: { kind: 'weightDue', weight: 5_000, reached: false },
    },
    {
      name: 'a first revision with one replica left is promoted',
      world: aRollout().first().promoting().routable(1).build(),
      want: { kind: 'promotable' },
    },
  ])('$name', assessesTo);
});

describe('an unknown cluster', () => {
  const want = { kind: 'unknown', message: 'waiting: the cluster does not answer (connection refused)' } as const;
  test.each<Row>([
    { name: 'brings up nothing', world: aRollout().provisioning().silentCluster().build(), now: '23:00', want },
    { name: 'gets no weight', world: aRollout().stepping(10).silentCluster().build(), now: '23:00', want },
    {
      name: 'passes no step',
      world: canary.counted(good, good).silentCluster().build(),
      now: '23:00',
      want,
    },
    { name: 'takes no weight away', world: canary.silentCluster().build(), want },
    { name: 'promotes nothing', world: aRollout().promoting().silentCluster().build(), want },
    {
      name: 'keeps nobody from aborting',
      world: canary.silentCluster().commanded('abort').build(),
      want: { kind: 'commanded' },
    },
    {
      name: 'keeps no newer spec waiting',
      world: canary.silentCluster().superseded().build(),
      want: { kind: 'superseded' },
    },
  ])('$name', assessesTo);
});

describe('whoever comes first', () => {
  const active = ['planning', 'provisioning', 'stepping', 'promoting'] as const;
  test.each(active)('a newer spec supersedes a rollout that is %s, whatever was commanded', (phase) => {
    const world = canary.inPhase(phase).commanded('advance').superseded().build();
    expect(assess(world, at('12:01'))).toEqual({ kind: 'superseded' });
  });

  test.each(active)('a command is obeyed by a rollout that is %s', (phase) => {
    const world = canary.inPhase(phase).commanded('abort').build();
    expect(assess(world, at('12:01'))).toMatchObject({ kind: 'commanded', command: { kind: 'abort' } });
  });

  test.each<Row>([
    {
      name: 'a rollout that goes back waits until every live gateway has let go',
      world: canary.inPhase('rollingBack').unacknowledged().commanded('resume').superseded().build(),
      want: { kind: 'acknowledging' },
    },
    {
      name: 'a rollout that went back has returned once every live gateway has let go',
      world: canary.inPhase('rollingBack').commanded('resume').superseded().build(),
      want: { kind: 'returned' },
    },
    {
      name: 'a rollout goes back without an answer from the cluster',
      world: canary.inPhase('rollingBack').silentCluster().noStats().build(),
      want: { kind: 'returned' },
    },
  ])('$name', assessesTo);

  test.each(['completed', 'rolledBack', 'superseded'] as const)('a rollout that is %s is finished', (phase) => {
    const world = canary.inPhase(phase).commanded('abort').superseded().build();
    expect(assess(world, at('12:01'))).toEqual({ kind: 'finished' });
  });
});
