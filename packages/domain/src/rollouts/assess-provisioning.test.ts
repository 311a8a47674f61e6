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
