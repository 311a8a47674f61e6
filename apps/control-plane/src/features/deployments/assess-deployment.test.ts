import { expect, test } from '@jest/globals';
import { assessDeployment } from './assess-deployment.ts';
import { aWorld } from './testing/a-world.ts';

const serving = { phase: 'ready' as const, traffic: 'serving' as const };

test.each<{ name: string; world: ReturnType<typeof aWorld>; phase: string; ready: string }>([
  {
    name: 'is provisioning before anything serves',
    world: aWorld().rollout('provisioning'),
    phase: 'provisioning',
    ready: 'false',
  },
  { name: 'serves', world: aWorld().rollout('completed').split().replica(serving), phase: 'serving', ready: 'true' },
  {
    name: 'is degraded with fewer than wanted',
    world: aWorld().desired(2).split().replica(serving),
    phase: 'degraded',
    ready: 'true',
  },
  {
    name: 'is unavailable without a replica that takes traffic',
    world: aWorld().split().replica({ phase: 'failing' }),
    phase: 'unavailable',
    ready: 'false',
  },
  {
    name: 'is unknown, not unavailable, while its cluster is silent',
    world: aWorld().split().clusterSilent('timeout'),
    phase: 'unknown',
    ready: 'unknown',
  },
  {
    name: 'is ready all the same when gateways still serve from it',
    world: aWorld().split().replica(serving).clusterSilent('timeout'),
    phase: 'unknown',
    ready: 'true',
  },
  {
    name: 'rolls out',
    world: aWorld().split().replica(serving).rollout('stepping'),
    phase: 'rollingOut',
    ready: 'true',
  },
  {
    name: 'is paused',
    world: aWorld().split().replica(serving).rollout('stepping', { paused: true }),
    phase: 'paused',
    ready: 'true',
  },
  {
    name: 'is being deleted, whatever else',
    world: aWorld().split().replica(serving).deleted(),
    phase: 'deleting',
    ready: 'true',
  },
])('a deployment $name', ({ world, phase, ready }) => {
  const assessed = assessDeployment(world.build().world);
  expect([assessed.phase, assessed.conditions.find(({ type }) => type === 'Ready')?.status]).toEqual([phase, ready]);
});
