import { describe, expect, test } from '@jest/globals';
import { aWorld } from '../testing/a-world.ts';
import { explain } from './explain.ts';

const ready = { phase: 'ready' as const, provenAt: 1 };

describe('explain finds the first link that is broken', () => {
  test.each<{ name: string; world: ReturnType<typeof aWorld>; broken: string | null; says: string }>([
    {
      name: 'nothing, when it serves',
      world: aWorld()
        .rollout('completed')
        .split()
        .replica({ ...ready, traffic: 'serving' })
        .gateway()
        .route(),
      broken: null,
      says: 'chat serves.',
    },
    {
      name: 'the spec, when it was deleted',
      world: aWorld().deleted().rollout('completed'),
      broken: 'spec',
      says: 'chat does not serve: tiny v1',
    },
    {
      name: 'the rollout, when no controller ever started one',
      world: aWorld().route(),
      broken: 'rollout',
      says: 'none was started',
    },
    {
      name: 'the cluster, when it is silent',
      world: aWorld().rollout('provisioning').clusterSilent('connection refused').route(),
      broken: 'cluster',
      says: 'connection refused',
    },
    {
      name: 'the cluster, when it refuses the workload',
      world: aWorld().rollout('provisioning').refused('quota exceeded: requests.nvidia.com/gpu').route(),
      broken: 'cluster',
      says: 'chat does not serve: quota exceeded',
    },
    {
      name: 'the replicas, with the scheduler’s words',
      world: aWorld()
        .rollout('provisioning')
        .replica({ phase: 'pending', reason: '0/2 nodes have a free GPU' })
        .gateway()
        .route(),
      broken: 'replicas',
      says: '0/2 nodes have a free GPU',
    },
    {
      name: 'the replicas, when their engine crashes',
      world: aWorld()
        .rollout('provisioning')
        .replica({ phase: 'failing', reason: 'exited with code 1', restarts: 3 })
        .gateway()
        .route(),
      broken: 'replicas',
      says: 'exited with code 1',
    },
    {
      name: 'the replicas, when it was scaled to nothing',
      world: aWorld().desired(0).rollout('completed').scaledTo(0).gateway().route(),
      broken: 'replicas',
      says: 'scaled to 0',
    },
    {
      name: 'the proof, when the engine is up but does not generate',
      world: aWorld().rollout('provisioning').replica({ phase: 'ready', proofError: 'answered 500' }).gateway().route(),
      broken: 'proof',
      says: 'from 0 of 1',
    },
    {
      name: 'the gateways, when there is none',
      world: aWorld()
        .rollout('provisioning')
        .replica({ ...ready, traffic: 'admitting' })
        .route(),
      broken: 'gateways',
      says: '0 gateways live',
    },
    {
      name: 'the gateways, when one was not heard from for long',
      world: aWorld()
        .rollout('provisioning')
        .replica({ ...ready, traffic: 'admitting' })
        .gateway({ silent: true })
        .route(),
      broken: 'gateways',
      says: '0 gateways live',
    },
    {
      name: 'the route, when there is none',
      world: aWorld()
        .rollout('completed')
        .split()
        .replica({ ...ready, traffic: 'serving' })
        .gateway(),
      broken: 'route',
      says: 'no route names this deployment',
    },
    {
      name: 'the rollout, when nothing but its pause is in the way',
      world: aWorld()
        .rollout('stepping', { paused: true })
        .replica({ ...ready, traffic: 'serving' })
        .gateway()
        .route(),
      broken: 'rollout',
      says: 'signalbox rollout resume chat',
    },
  ])('$name', ({ world, broken, says }) => {
    const told = explain(world.build());
    expect(told.broken).toBe(broken);
    expect(JSON.stringify(told)).toContain(says);
    expect(told.links.map(({ name }) => name)).toEqual([
      'spec',
      'revision',
      'rollout',
      'cluster',
      'replicas',
      'proof',
      'gateways',
      'route',
    ]);
  });

  test('an engine’s last line is told, blank ones are not', () => {
    const world = aWorld()
      .rollout('provisioning')
      .replica({ phase: 'failing' })
      .log(['loading', 'CUDA out of memory', '  ']);
    const { links } = explain(world.build());
    expect(links.find(({ name }) => name === 'replicas')?.lines.at(-1)).toBe(
      '  last line of its engine: CUDA out of memory',
    );
  });

  test('a controller that keeps failing is told with its error', () => {
    const world = aWorld().rollout('planning').controllerFails('the cluster refused the object');
    const { links } = explain(world.build());
    const rollout = links.find(({ name }) => name === 'rollout');
    expect(rollout?.lines.join(' ')).toContain('the cluster refused the object');
  });
});
