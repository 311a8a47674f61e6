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
