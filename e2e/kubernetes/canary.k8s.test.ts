import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { canary, countsByVersion, until } from '../installation/index.ts';
import { failed, openStory, type Story, simulatedImage } from './story.ts';
import { chat, foundation } from './story-manifests.ts';

/** A control plane outside of the cluster, two nodes of four GPUs, replicas of two: room for two revisions, no more. */
const namespace = 'canary';
let story: Story;

beforeAll(async () => {
  story = await openStory(namespace);
}, 180_000);
afterAll(() => story?.close(), 120_000);

const rollout = canary('{ weight: 25, for: 2s }, { weight: 50, for: 2s }, { weight: 100 }');
const served = (version: string, replicas = 2) => chat({ version, engine: 'simulated', replicas, rollout });

describe('a canary on two GPU nodes', () => {
  test('the first version runs on both nodes and answers', async () => {
    const { signalbox, cluster, objects } = story;
    const versions = ['v1', 'v2'];
    await signalbox.apply(foundation({ kubeconfig: cluster.kubeconfigPath, namespace, versions }), served('v1'));
    await story.chat.untilServing('v1', 2);
    const pods = await objects.pods('v1');
    expect(pods.map(({ spec }) => spec?.nodeName).sort()).toEqual(['gpu-a', 'gpu-b']);
    for (const { spec } of pods) {
      expect(spec?.containers[0]).toMatchObject({
        image: simulatedImage,
        resources: { limits: { 'nvidia.com/gpu': '2' } },
      });
    }
    const outcomes = await story.underLoad((load) => load.untilMore(20));
    expect(failed(outcomes)).toEqual([]);
    expect(Object.keys(countsByVersion(outcomes))).toEqual(['v1']);
  }, 120_000);

  test('a new version goes out step by step, and a rollback brings the old one back with its pods untouched', async () => {
    const { signalbox, objects } = story;
    const stable = await objects.uids('v1');
    const percents = new Set<number>();
    let back = Number.POSITIVE_INFINITY;
    const outcomes = await story.underLoad(async (load) => {
      await signalbox.apply(served('v2'));
      await story.chat.untilRollout('is completed', ({ percent, phase, to }) => {
        percents.add(percent);
        return to.version === 'v2' && phase === 'completed';
      });
      await load.untilMore(10, ({ version }) => version === 'v2');
      expect(await objects.uids('v1')).toEqual(stable);
      const promoted = await objects.uids('v2');

      const answer = await signalbox.client.rollback({ params: { name: 'chat' }, body: { reason: 'it is rude' } });
      back = Date.now();
      expect(answer).toMatchObject({ kind: 'moved', to: { version: 'v1' } });
      expect(answer.acknowledgedMs).toEqual(expect.any(Number));
      await load.untilMore(30);
      expect(await objects.uids('v1')).toEqual(stable);
      expect(await objects.uids('v2')).toEqual(promoted);
    });
    expect(failed(outcomes)).toEqual([]);
    expect([...percents]).toEqual(expect.arrayContaining([25, 50]));
    expect(countsByVersion(outcomes)).toEqual({ v1: expect.any(Number), v2: expect.any(Number) });
    expect(Object.keys(countsByVersion(outcomes.filter(({ sentAt }) => sentAt > back)))).toEqual(['v1']);
  }, 180_000);

  test('no pod’s template was ever changed, and no engine restarted', async () => {
    expect(await story.objects.templates()).toEqual([1, 1]);
    const pods = await story.objects.pods();
    expect(pods.map(({ status }) => status?.containerStatuses?.[0]?.restartCount)).toEqual([0, 0, 0, 0]);
  });

  test('a third replica that finds no GPU is told with the scheduler’s words, and the others go on', async () => {
    const { signalbox, objects } = story;
    const running = await objects.uids('v1');
    const outcomes = await story.underLoad(async (load) => {
      await signalbox.apply(served('v1', 3));
      const lines = await story.untilExplained(/Insufficient nvidia\.com\/gpu/);
      expect(lines.join('\n')).toMatch(/is pending: 0\/\d+ nodes are available: .*Insufficient nvidia\.com\/gpu/);
      expect(await story.chat.status()).toMatchObject({ phase: 'degraded' });
      const pending = (await story.chat.replicas('v1')).find(({ phase }) => phase === 'pending');
      expect(pending).toMatchObject({ node: null, reason: expect.stringContaining('Insufficient nvidia.com/gpu') });
      await load.untilMore(10);

      await signalbox.apply(served('v1', 2));
      await until('the one that never ran is gone', async () => (await objects.uids('v1')).length === 2);
    });
    expect(failed(outcomes)).toEqual([]);
    expect(await objects.uids('v1')).toEqual(running);
    expect(await story.chat.status()).toMatchObject({ phase: 'serving' });
    expect(await objects.templates()).toEqual([1, 1]);
  }, 120_000);
});
