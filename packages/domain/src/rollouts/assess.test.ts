import { describe, expect, test } from '@jest/globals';
import { aRollout, at, MINUTE_MS, requests } from '../../../testkit/src/builders/index.ts';
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
const restartedThrice = { restarts: 3, reason: 'CUDA out of memory' };

describe('before the first step', () => {
  test.each<Row>([
    {
      name: 'a new rollout plans replicas for its first weight',
      world: aRollout().build(),
      want: { kind: 'planned', share: 1_000 },
    },
    {
      name: 'a rollout without weights plans replicas for all of the traffic',
      world: aRollout()
        .steps([{ kind: 'approval', role: 'owner' }])
        .build(),
      want: { kind: 'planned', share: 10_000 },
    },
    {
      name: 'replicas that were never ordered are ordered',
      world: aRollout().provisioning().ordered(0).build(),
      want: { kind: 'underprovisioned', share: 1_000 },
    },
    {
      name: 'replicas that are not routable yet leave it short, in the cluster’s words',
      world: aRollout().provisioning().replica('r-1', { routable: false, reason: 'no node has a free GPU' }).build(),
      want: { kind: 'short', message: 'no node has a free GPU' },
    },
    {
      name: 'a routable replica for the first weight is enough to begin',
      world: aRollout().provisioning().replica('r-1').build(),
      want: { kind: 'provisioned' },
    },
    {
      name: 'a paused rollout does not begin its first step',
      world: aRollout().provisioning().replica('r-1').paused().build(),
      want: { kind: 'paused' },
    },
    {
      name: 'replicas that are not routable in time fail the rollout',
      world: aRollout().provisioning().replica('r-1', { routable: false }).build(),
      now: '12:10:01',
      want: { kind: 'bad', verdict: null },
    },
    {
      name: 'a paused rollout stays paused when its replicas are late',
      world: aRollout().provisioning().replica('r-1', { routable: false }).paused().build(),
      now: '12:10:01',
      want: { kind: 'paused' },
    },
    {
      name: 'an engine that crashed three times while loading fails the rollout at once',
      world: aRollout().provisioning().replica('r-1', restartedThrice).build(),
      want: { kind: 'bad', because: 'replicas keep failing: CUDA out of memory' },
    },
    {
      name: 'an engine that crashed twice may still come up',
      world: aRollout().provisioning().replica('r-1', { restarts: 2 }).build(),
      want: { kind: 'short' },
    },
    {
      name: 'a crashing replica beside one that still loads is not hopeless',
      world: aRollout().provisioning().replica('r-1', restartedThrice).replica('r-2', { routable: false }).build(),
      want: { kind: 'short' },
    },
  ])('$name', assessesTo);
});

describe('the first rollout of a deployment', () => {
  const first = aRollout().first();
  test.each<Row>([
    {
      name: 'never times out: there is nothing to go back to',
      world: first.provisioning().replica('r-1', { routable: false, reason: 'loads' }).build(),
      now: '23:00',
      want: { kind: 'short', message: 'loads' },
    },
    {
      name: 'is not given up because its engine crashes',
      world: first.provisioning().replica('r-1', restartedThrice).build(),
      want: { kind: 'short', message: 'CUDA out of memory' },
    },
    {
      name: 'asks no gate',
      world: first.provisioning().inPhase('stepping').routable(10).reachedAt('12:00').counted(failing, good).build(),
      want: { kind: 'stepPassed', verdict: null },
    },
    {
      name: 'gets all of the traffic without any report from gateways',
      world: first.provisioning().inPhase('stepping').routable(10).noStats().build(),
      want: { kind: 'weightDue', weight: 10_000, reached: true },
    },
    {
      name: 'keeps all of the traffic when some of its replicas are lost: nobody else could take it',
      world: first.provisioning().inPhase('stepping').routable(4).reachedAt('12:00').build(),
      want: { kind: 'stepPassed' },
    },
    {
      name: 'gives the traffic up when its last replica is lost',
      world: first.provisioning().inPhase('stepping').routable(0).reachedAt('12:00').build(),
      want: { kind: 'weightDue', weight: 0, reached: false },
    },
  ])('$name', assessesTo);
});

describe('a step’s weight', () => {
  test.each<Row>([
    {
      name: 'is given once its replicas are routable',
      world: aRollout().stepping(10).replica('r-1').build(),
      want: { kind: 'weightDue', weight: 1_000, reached: true },
    },
    {
      name: 'is not given while its replicas are missing',
      world: aRollout().stepping(50).routable(4).build(),
      want: { kind: 'short', message: '4 of the replicas needed are routable' },
    },
    {
      name: 'has replicas ordered first',
      world: aRollout().stepping(50).ordered(10).routable(1).build(),
      want: { kind: 'underprovisioned', share: 5_000 },
    },
    {
      name: 'is lowered at once to what is left when replicas are lost',
      world: aRollout().stepping(50).routable(3).reachedAt('12:00').build(),
      want: { kind: 'weightDue', weight: 3_000, reached: false },
    },
    {
      name: 'is lowered to nothing when all replicas are lost',
      world: aRollout().stepping(50).routable(0).reachedAt('12:00').build(),
      want: { kind: 'weightDue', weight: 0, reached: false },
    },
    {
      name: 'is lowered even while the rollout is paused',
      world: aRollout().stepping(50).routable(3).reachedAt('12:00').paused().build(),
      want: { kind: 'weightDue', weight: 3_000, reached: false },
    },
    {
      name: 'is lowered even while no gateway reports',
      world: aRollout().stepping(50).routable(3).reachedAt('12:00').noStats().build(),
      want: { kind: 'weightDue', weight: 3_000, reached: false },
    },
    {
      name: 'comes back with the replicas',
      world: aRollout().stepping(50).routable(5).weighing(30).build(),
      want: { kind: 'weightDue', weight: 5_000, reached: true },
    },
    {
      name: 'is never raised while no gateway reports: its counts could not be compared with anything',
      world: aRollout().stepping(50).routable(5).noStats().build(),
      want: { kind: 'holding', message: 'waiting: no reports from gateways (no gateway is connected)' },
    },
    {
      name: 'is noted as reached after a stop between giving and noting it',
      world: aRollout().stepping(10).routable(1).weighing(10).build(),
      want: { kind: 'weightDue', weight: 1_000, reached: true },
    },
    {
      name: 'that cannot be carried any more fails when replicas keep crashing',
      world: aRollout().stepping(10).replica('r-1', restartedThrice).build(),
      want: { kind: 'bad' },
    },
    {
      name: 'that was not carried in time fails',
      world: aRollout().stepping(50).routable(4).build(),
      now: '12:11',
      want: { kind: 'bad' },
    },
  ])('$name', assessesTo);
});

describe('while a weight is held', () => {
  test.each<Row>([
    {
      name: 'a healthy canary waits for its time',
      world: canary.counted(good, good).build(),
      now: '12:04',
      want: { kind: 'holding', ms: MINUTE_MS },
    },
    {
      name: 'a healthy canary passes when its time is over',
      world: canary.counted(good, good).build(),
      now: '12:05',
      want: { kind: 'stepPassed' },
    },
    {
      name: 'a failing canary rolls back at once, not when its time is over',
      world: canary.counted(failing, good).build(),
      want: { kind: 'bad' },
    },
    {
      name: 'what failed before the weight was reached is not held against it',
      world: aRollout()
        .stepping(10)
        .routable(1)
        .reachedAt('12:00', { candidate: failing, stable: good })
        .counted(requests(400, { errors: 60 }), requests(400))
        .build(),
      now: '12:05',
      want: { kind: 'stepPassed' },
    },
    {
      name: 'no data means wait',
      world: canary.noStats().build(),
      now: '23:00',
      want: { kind: 'holding' },
    },
    {
      name: 'no traffic means wait',
      world: canary.build(),
      now: '23:00',
      want: { kind: 'holding', message: 'waiting for evidence: 0 of 20 requests seen on the new revision' },
    },
    {
      name: 'no data for twice its time and a minute fails it where the policy says so',
      world: canary.noStats().gate({ onNoData: 'fail' }).build(),
      now: '12:11:01',
      want: { kind: 'bad', because: 'no evidence: no reports from gateways (no gateway is connected)' },
    },
    {
      name: 'no data is waited for until then',
      world: canary.noStats().gate({ onNoData: 'fail' }).build(),
      now: '12:11',
      want: { kind: 'holding' },
    },
    {
      name: 'a canary whose traffic was just taken away for its failures is still failing',
      world: canary.weighing(0).counted(failing, good).build(),
      want: { kind: 'bad' },
    },
    {
      name: 'all of the traffic has no stable traffic to compare with',
      world: aRollout().stepping(100, 0).routable(10).reachedAt('12:00').counted(failing, good).build(),
      want: { kind: 'stepPassed', verdict: null },
    },
    {
      name: 'blue-green asks no gate',
      world: canary.strategy('blueGreen').counted(failing, good).build(),
      now: '12:05',
      want: { kind: 'stepPassed', verdict: null },
    },
    {
      name: 'rolling goes on without reports from gateways',
      world: canary.strategy('rolling').noStats().build(),
      now: '12:05',
      want: { kind: 'stepPassed', verdict: null },
    },
  ])('$name', assessesTo);
});

describe('waits and approvals', () => {
  const waiting = aRollout()
    .steppingAfter(10, { kind: 'wait', forMs: 5 * MINUTE_MS })
    .allRoutable();
  const asking = aRollout().steppingAfter(10, { kind: 'approval', role: 'release-manager' }).allRoutable();
  test.each<Row>([
    {
      name: 'a wait notes its weight first, so that the gate watches it',
      world: waiting.build(),
      want: { kind: 'weightDue', weight: 1_000, reached: true },
    },
    {
      name: 'a wait holds',
      world: waiting.reachedAt('12:00').counted(good, good).build(),
      now: '12:04',
      want: { kind: 'holding', ms: MINUTE_MS },
    },
    {
      name: 'a wait passes',
      world: waiting.reachedAt('12:00').counted(good, good).build(),
      now: '12:05',
      want: { kind: 'stepPassed' },
    },
    {
      name: 'a wait that is over does not pass without data',
      world: waiting.reachedAt('12:00').noStats().build(),
      now: '12:30',
      want: { kind: 'holding' },
    },
    {
      name: 'a wait before any weight passes without data: nothing is at stake',
      world: aRollout()
        .inPhase('stepping')
        .steps([{ kind: 'wait', forMs: MINUTE_MS }])
        .reachedAt('12:00')
        .noStats()
        .build(),
      want: { kind: 'stepPassed', verdict: null },
    },
    {
      name: 'a canary that fails during a wait rolls back',
      world: waiting.reachedAt('12:00').counted(failing, good).build(),
      want: { kind: 'bad' },
    },
    {
      name: 'an approval waits for a human',
      world: asking.reachedAt('12:00').counted(good, good).build(),
      now: '23:00',
      want: { kind: 'awaitingApproval', role: 'release-manager' },
    },
    {
      name: 'an approved step passes',
      world: asking.reachedAt('12:00').counted(good, good).approvedBy('ada').build(),
      want: { kind: 'stepPassed' },
    },
    {
      name: 'a canary that fails while a human is asked rolls back',
      world: asking.reachedAt('12:00').counted(failing, good).build(),
      want: { kind: 'bad' },
    },
    {
      name: 'an approved canary that fails rolls back all the same',
      world: asking.reachedAt('12:00').counted(failing, good).approvedBy('ada').build(),
      want: { kind: 'bad' },
    },
    {
      name: 'replicas lost while a human is asked lower the weight',
      world: aRollout().steppingAfter(50, { kind: 'approval', role: 'owner' }).routable(2).reachedAt('12:00').build(),
      want: { kind: 'weightDue', weight: 2_000, reached: false },
    },
  ])('$name', assessesTo);
});

describe('a paused rollout', () => {
  test.each<Row>([
    {
      name: 'stays paused when its step is over',
      world: canary.counted(good, good).paused().build(),
      now: '23:00',
      want: { kind: 'paused' },
    },
    {
      name: 'gets no weight',
      world: aRollout().stepping(10).routable(1).paused().build(),
      want: { kind: 'paused' },
    },
    {
      name: 'stays paused when its replicas are late',
      world: aRollout().stepping(50).routable(1).paused().build(),
      now: '23:00',
      want: { kind: 'paused' },
    },
    {
      name: 'still rolls back when its gate fails',
      world: canary.counted(failing, good).paused().build(),
      want: { kind: 'bad' },
    },
    {
      name: 'stays paused when its gate fails and failures only pause',
      world: canary.counted(failing, good).paused().onFailure('pause').build(),
      want: { kind: 'paused' },
    },
    {
      name: 'stays paused after its last step',
      world: canary.steps([], 3).paused().build(),
      want: { kind: 'paused' },
    },
    {
      name: 'is not promoted',
      world: aRollout().promoting().allRoutable().paused().build(),
      want: { kind: 'paused' },
    },
    {
      name: 'obeys',
      world: canary.paused().commanded('resume').build(),
      want: { kind: 'commanded' },
    },
  ])('$name', assessesTo);
});

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
