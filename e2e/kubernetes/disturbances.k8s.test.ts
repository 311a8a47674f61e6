import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { canary, countsByVersion, type Replica, until } from '../installation/index.ts';
import { whileApiServerIsFrozen } from './api-server-freeze.ts';
import { failed, failedUnbegun, openStory, type Story, simulatedImage, vllmImage } from './story.ts';
import { chat, foundation } from './story-manifests.ts';

/**
 * What happens to a cluster from outside, to a deployment whose manifest says vLLM. The pods are rendered for vLLM to
 * the last argument; in the image of that name is the simulated engine.
 */
const namespace = 'disturbances';
let story: Story;

const patient = { withinMs: 90_000 };
const rollout = canary('{ weight: 50, for: 2s }, { weight: 100 }', 'provisionTimeout: 20s');
const served = (version: string, more: { args?: string; image?: string } = {}) =>
  chat({ version, engine: 'vllm', rollout, ...more });

beforeAll(async () => {
  story = await openStory(namespace);
}, 180_000);
afterAll(() => story?.close(), 120_000);

test('vLLM serves on both nodes', async () => {
  const { signalbox, cluster, objects } = story;
  const versions = ['v1', 'v2', 'v3'];
  await signalbox.apply(foundation({ kubeconfig: cluster.kubeconfigPath, namespace, versions }), served('v1'));
  await story.chat.untilServing('v1', 2);
  const pods = await objects.pods('v1');
  expect(pods.map(({ spec }) => spec?.nodeName).sort()).toEqual(['gpu-a', 'gpu-b']);
  expect(new Set(pods.map(({ spec }) => spec?.containers[0]?.image))).toEqual(new Set([vllmImage]));
  const outcomes = await story.underLoad((load) => load.untilMore(20));
  expect(failed(outcomes)).toEqual([]);
}, 120_000);

describe('a new version that can’t run', () => {
  async function comesToNothing(version: string, more: { args?: string; image?: string }, told: readonly RegExp[]) {
    const running = await story.objects.uids('v1');
    const outcomes = await story.underLoad(async () => {
      await story.signalbox.apply(served(version, more));
      for (const words of told) {
        const [summary] = await story.untilExplained(words);
        expect(summary).toMatch(/^chat serves; a rollout is under way: /);
      }
      const last = await story.chat.untilRollout('is rolled back', ({ phase, to }) => {
        return to.version === version && phase === 'rolledBack';
      });
      expect(last.because).toMatch(/^replicas (were not routable in time|keep failing): /);
    });
    expect(failed(outcomes)).toEqual([]);
    expect(Object.keys(countsByVersion(outcomes))).toEqual(['v1']);
    await until('nothing of it is left', async () => (await story.objects.pods(version)).length === 0, patient);
    expect(await story.objects.uids('v1')).toEqual(running);
  }

  test('because its image does not exist, is explained and never gets traffic', async () => {
    const image = 'registry.invalid/team/engine:0.32.0-ours';
    const told = /is failing: (ErrImagePull|ImagePullBackOff): .*registry\.invalid\/team\/engine:0\.32\.0-ours/;
    await comesToNothing('v2', { image }, [told]);
  }, 180_000);

  test('because its engine crashes at load, is explained with the exit and the engine’s last line', async () => {
    // More than the engine's KV cache has room for.
    const args = 'max-model-len: 600000';
    const lastWords = '.*RuntimeError: Engine core initialization failed';
    await comesToNothing('v3', { args }, [
      new RegExp(`the engine exited with code 1, restarted \\d+ times: ${lastWords}`),
      new RegExp(`last line of its engine: ${lastWords}`),
    ]);
  }, 180_000);
});

describe('a person with kubectl', () => {
  test('deletes a pod: it is replaced, and no request fails', async () => {
    const outcomes = await story.underLoad(async (load) => {
      await load.untilMore(10);
      await replaced(await anyReplica());
      await load.untilMore(10);
    });
    expect(failed(outcomes)).toEqual([]);
  }, 120_000);

  test('deletes a pod by force: no request fails of which nothing had come yet', async () => {
    const outcomes = await story.underLoad(async (load) => {
      await load.untilMore(10);
      await replaced(await anyReplica(), 0);
      await load.untilMore(10);
    });
    expect(failedUnbegun(outcomes)).toEqual([]);
  }, 120_000);

  test.each([3, 1])(
    'scales the Deployment to %d: it is set back, and no request fails',
    async (replicas) => {
      const outcomes = await story.underLoad(async (load) => {
        await story.objects.edit('v1', { spec: { replicas } }, 'kubectl-scale');
        await until(
          'the size is set back',
          async () => Object.values(await story.objects.sizes()).every(isTwo),
          patient,
        );
        await until('two pods run', async () => (await story.objects.pods('v1')).length === 2, patient);
        await story.chat.untilServing('v1', 2);
        await load.untilMore(10);
      });
      expect(failed(outcomes)).toEqual([]);
      expect((await story.explained()).filter(isDrift)).toEqual([]);
    },
    120_000,
  );

  test('changes the image: it is shown and left alone, and no request fails while Kubernetes replaces the pods', async () => {
    const image = (name: string) => ({
      spec: { template: { spec: { containers: [{ name: 'engine', image: name }] } } },
    });
    const outcomes = await story.underLoad(async (load) => {
      await story.objects.edit('v1', image(simulatedImage), 'kubectl-set');
      const lines = await story.untilExplained(/changed by someone else/);
      expect(lines.filter(isDrift)).toEqual([
        `changed by someone else: spec.template.spec.containers[0].image is ${simulatedImage}, rendered was ${vllmImage}`,
      ]);
      await untilAllRun(simulatedImage);
      await load.untilMore(10);
      expect(await story.objects.templates()).toEqual([2]);

      await story.objects.edit('v1', image(vllmImage), 'kubectl-set');
      await untilAllRun(vllmImage);
      await load.untilMore(10);
    });
    expect(failed(outcomes)).toEqual([]);
    expect((await story.explained()).filter(isDrift)).toEqual([]);
    expect(await story.objects.templates()).toEqual([3]);
  }, 240_000);
});

test('an API server that falls silent makes everything unknown and changes nothing; then all goes on', async () => {
  const running = await story.objects.uids();
  const outcomes = await story.underLoad(async (load) => {
    await whileApiServerIsFrozen(story.cluster, async () => {
      await until('the cluster is unknown', async () => (await story.chat.status()).phase === 'unknown', patient);
      await story.untilExplained(/datacentre does not answer, since .*: the Kubernetes API can't be read: no answer/);
      expect(await story.chat.serving('v1')).toHaveLength(2);
      // Longer than nodes may be silent: to its controller all nodes are, and none of their pods is ready any more.
      await load.untilMore(400);
    });
    await until('the cluster answers', async () => (await story.chat.status()).phase === 'serving', patient);
    await story.chat.untilServing('v1', 2);
    // Longer than kubelets take to say that their pods are ready after all.
    await load.untilMore(200);
  });
  expect(failed(outcomes)).toEqual([]);
  expect(await story.objects.uids()).toEqual(running);
  expect(Object.values(await story.objects.sizes())).toEqual([2]);
}, 180_000);

test('a node goes away: its replica is lost, Signalbox deletes nothing, and the other goes on', async () => {
  const { cluster, objects } = story;
  const there = (await story.chat.replicas('v1')).find(({ node }) => node === 'gpu-b');
  const here = (await objects.uids('v1')).filter((uid) => uid !== there?.id);
  const outcomes = await story.underLoad(async (load) => {
    await cluster.loseNode('gpu-b');
    try {
      const lost = await until('the replica is lost', async () => {
        const replica = (await story.chat.replicas('v1')).find(({ id }) => id === there?.id);
        return replica?.phase === 'lost' && replica;
      });
      expect(lost.reason).toMatch(/node gpu-b is not ready/);
      expect(Object.values(await objects.sizes())).toEqual([2]);
      // Kubernetes gives the pod up. Nobody forces it out, and another runs in its place.
      const given = await until('the pod is given up', () => disruption(lost.id), patient);
      expect(given).toBe('DeletionByTaintManager');
      await until(
        'both serve on the other node',
        async () => {
          const serving = await story.chat.serving('v1');
          return serving.filter(({ node }) => node === 'gpu-a').length === 2;
        },
        patient,
      );
      expect(await objects.uids('v1')).toContain(lost.id);
      expect(Object.values(await objects.sizes())).toEqual([2]);
      await load.untilMore(20, ({ failure }) => failure === null);
    } finally {
      await cluster.returnNode('gpu-b');
    }
    await until('two pods are left', async () => (await objects.pods('v1')).length === 2, patient);
    await story.chat.untilServing('v1', 2);
    await load.untilMore(10);
  });
  expect(failedUnbegun(outcomes)).toEqual([]);
  expect(await objects.uids('v1')).toEqual(expect.arrayContaining(here));
  expect(await story.chat.status()).toMatchObject({ phase: 'serving' });
}, 240_000);

async function anyReplica(): Promise<Replica> {
  const [replica] = await story.chat.serving('v1');
  if (replica === undefined) throw new Error('no replica serves');
  return replica;
}

async function replaced({ id, name }: Replica, graceSeconds?: number): Promise<void> {
  await story.objects.deletePod(name, graceSeconds);
  await until(`${name} is replaced`, async () => !(await story.objects.uids('v1')).includes(id), patient);
  await story.chat.untilServing('v1', 2);
}

/** Why Kubernetes itself takes a pod away; undefined as long as it does not. */
async function disruption(uid: string): Promise<string | undefined> {
  const pod = (await story.objects.pods()).find(({ metadata }) => metadata?.uid === uid);
  return pod?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')?.reason;
}

async function untilAllRun(image: string): Promise<void> {
  await until(
    `all pods run ${image}`,
    async () => {
      const pods = await story.objects.pods('v1');
      return pods.length === 2 && pods.every(({ spec }) => spec?.containers[0]?.image === image);
    },
    patient,
  );
  await story.chat.untilServing('v1', 2);
}

function isDrift(line: string): boolean {
  return line.startsWith('changed by someone else');
}

function isTwo(size: number | undefined): boolean {
  return size === 2;
}
