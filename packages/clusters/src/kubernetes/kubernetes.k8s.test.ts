import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Cluster, ObservedReplica, ObservedWorkload, Workload, WorkloadSpec } from '@signalbox/domain';
import { silentLogger, systemClock } from '@signalbox/runtime';
import { attachToTestCluster, type TestCluster, writeImageArchive } from '@signalbox/testkit/kubernetes';
import { type ClusterHarness, clusterConformance } from '../conformance.ts';
import { aSimulatedSpec, aWorkload } from '../conformance-workload.ts';
import type { Deployment } from './api-types.ts';
import { driftOf } from './drift.ts';
import { createKubernetesCluster } from './kubernetes-cluster.ts';
import { renderDeployment } from './render-deployment.ts';
import { podRefusal } from './render-pod.ts';
import { engineImage, engineImageName, engineProgram } from './testing/engine-image.ts';
import { engineWorkloads } from './testing/engine-workloads.ts';
import { killEngine, openNamespace, until } from './testing/test-namespace.ts';

jest.setTimeout(240_000);

const gpusPerNode = 4;
let testCluster: TestCluster;

beforeAll(async () => {
  testCluster = await attachToTestCluster();
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-image-'));
  await writeImageArchive(await engineImage(), join(folder, 'engine.tar'));
  await testCluster.importImage(join(folder, 'engine.tar'));
  await rm(folder, { recursive: true });
});

function open(namespace: string, kubeconfig = testCluster.kubeconfigPath): Cluster {
  const identity = { namespace, fieldManager: 'signalbox', instance: 'test' };
  return createKubernetesCluster({ ...identity, kubeconfig, clock: systemClock, log: silentLogger });
}

function engine(change: { gpus?: number; arguments?: readonly string[]; image?: string } = {}): WorkloadSpec {
  return aSimulatedSpec({ image: engineImageName, program: engineProgram, localProgram: [], ...change });
}

clusterConformance('kubernetes', openKubernetes, 120_000);

async function openKubernetes(): Promise<ClusterHarness> {
  const name = 'conformance';
  const namespace = await openNamespace(testCluster.kubeconfigPath, name);
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-kubeconfig-'));
  const nowhere = join(folder, 'kubeconfig');
  // Port 9, "discard": nobody answers there.
  await writeFile(
    nowhere,
    (await readFile(testCluster.kubeconfigPath, 'utf8')).replace(/(server"?: *"?https:[^:]*):\d+/, '$1:9'),
  );
  const opened = [open(name)];
  const [cluster] = opened as [Cluster];
  return {
    cluster,
    gpusPerNode,
    patienceMs: 60_000,
    reopen: async () => {
      await Promise.all(opened.splice(0).map((one) => one.close()));
      const again = open(name);
      opened.push(again);
      return again;
    },
    unreachable: async () => open(name, nowhere),
    spec: (behaviour) =>
      engine({
        arguments: behaviour === 'crashes at load' ? ['--sim-crash-at-load'] : [],
        gpus:
          behaviour === 'needs more GPUs than there are' ? gpusPerNode + 1 : behaviour === 'serves on a GPU' ? 1 : 0,
      }),
    kill: killEngine,
    close: async () => {
      await Promise.all(opened.map((one) => one.close()));
      await namespace.close();
      await rm(folder, { recursive: true });
    },
  };
}

describe('on a real Kubernetes', () => {
  const name = 'stories';
  let namespace: Awaited<ReturnType<typeof openNamespace>>;
  let cluster: Cluster;

  beforeAll(async () => {
    namespace = await openNamespace(testCluster.kubeconfigPath, name);
    cluster = open(name);
  });

  afterAll(async () => {
    await cluster?.close();
    await namespace?.close();
  });

  function eventually(workload: Workload, wanted: (observed: ObservedWorkload) => boolean): Promise<ObservedWorkload> {
    let last: unknown;
    return until(`${workload.name} is as wanted`, async () => {
      const reading = await cluster.observe();
      last = reading;
      const observed =
        reading.kind === 'unknown' ? undefined : reading.value.workloads.find((one) => one.name === workload.name);
      return observed !== undefined && wanted(observed) ? observed : undefined;
    }).catch((error: unknown) => {
      throw new Error(`${workload.name} is not as wanted: ${JSON.stringify(last, null, 2)}`, { cause: error });
    });
  }

  const allReady = (count: number) => (observed: ObservedWorkload) =>
    observed.replicas.length === count && observed.replicas.every(({ phase }) => phase === 'ready');
  const one = (phase: ObservedReplica['phase'], reason: RegExp) => (observed: ObservedWorkload) =>
    observed.replicas.some((replica) => replica.phase === phase && reason.test(replica.reason ?? ''));

  async function removed(workload: Workload): Promise<void> {
    await cluster.remove(workload);
    await until(`${workload.name} is gone`, async () => {
      const reading = await cluster.observe();
      return reading.kind === 'known' && reading.value.workloads.every((each) => each.name !== workload.name)
        ? true
        : undefined;
    });
  }

  test('two nodes hold a replica of four GPUs each, and a third waits with the words of the scheduler', async () => {
    const workload = aWorkload('packed', engine({ gpus: 4 }));
    expect(await cluster.apply(workload, 3)).toEqual({ kind: 'created' });
    const observed = await eventually(
      workload,
      (seen) =>
        seen.replicas.filter(({ phase }) => phase === 'ready').length === 2 &&
        one('pending', /Insufficient nvidia\.com\/gpu/)(seen),
    );
    expect(new Set(observed.replicas.map(({ node }) => node))).toEqual(new Set(['gpu-a', 'gpu-b', null]));
    const capacity = await cluster.capacity();
    if (capacity.kind === 'unknown') throw new Error(capacity.because);
    expect(capacity.value.map(({ node, gpus, gpuProduct, ready }) => ({ node, gpus, gpuProduct, ready }))).toEqual(
      ['gpu-a', 'gpu-b'].map((node) => ({
        node,
        gpus: { total: 4, free: 0 },
        gpuProduct: 'NVIDIA-H100-80GB-HBM3',
        ready: true,
      })),
    );
    await removed(workload);
  });

  test('every pod on file is one that the API server takes, field by field', async () => {
    for (const { title, workload } of await engineWorkloads()) {
      if (podRefusal(workload) !== null) continue;
      const path = namespace.apps(`deployments/${workload.name}`);
      const query = { fieldManager: 'signalbox', dryRun: 'All', fieldValidation: 'Strict' };
      const body = renderDeployment(workload, 1, name, 'test');
      const call = { method: 'PATCH', path, query, body, contentType: 'application/apply-patch+yaml' } as const;
      const taken = await namespace.api.call<Deployment>(call);
      // What the server fills in by itself must not pass for somebody's edit.
      expect({ title, drift: driftOf(taken, 'signalbox') }).toEqual({ title, drift: [] });
    }
  });

  test('a replica runs on the pool it was given', async () => {
    const placement = {
      pools: [
        { pool: 'other', gpuProduct: 'NVIDIA-L4', nodeSelector: {}, tolerations: [] },
        {
          pool: 'b',
          gpuProduct: 'NVIDIA-H100-80GB-HBM3',
          nodeSelector: { 'kubernetes.io/hostname': 'gpu-b' },
          tolerations: [],
        },
      ],
      spread: 'node' as const,
    };
    const workload = { ...aWorkload('placed', engine({ gpus: 1 })), placement };
    await cluster.apply(workload, 2);
    const observed = await eventually(workload, allReady(2));
    expect(observed.replicas.map(({ node }) => node)).toEqual(['gpu-b', 'gpu-b']);
    await removed(workload);
  });

  test('an image that does not exist is told', async () => {
    const workload = aWorkload('no-image', engine({ image: 'signalbox.dev/there/is-no-such:1' }));
    await cluster.apply(workload, 1);
    await eventually(workload, one('failing', /^(ErrImagePull|ImagePullBackOff): .*is-no-such/));
    await removed(workload);
  });

  test('a secret that does not exist is told', async () => {
    const secretEnv = [{ name: 'HF_TOKEN', secret: 'hub', key: 'HF_TOKEN' }];
    const workload = aWorkload('no-secret', { ...engine(), secretEnv });
    await cluster.apply(workload, 1);
    await eventually(workload, one('failing', /secret "hub" not found/));
    await removed(workload);
  });

  test('a volume claim that does not exist is told', async () => {
    const weights = { kind: 'volumeClaim', claim: 'models', path: '/llama', mountPath: '/models' } as const;
    const workload = aWorkload('no-claim', { ...engine(), weights });
    await cluster.apply(workload, 1);
    await eventually(workload, one('pending', /"models" not found/));
    await removed(workload);
  });

  test('a quota that leaves no room is told', async () => {
    const quotas = namespace.core('resourcequotas');
    const quota = { metadata: { name: 'none' }, spec: { hard: { 'requests.nvidia.com/gpu': '0' } } };
    await namespace.api.call({ method: 'POST', path: quotas, body: quota });
    const workload = aWorkload('quota', engine({ gpus: 1 }));
    await cluster.apply(workload, 1);
    await eventually(workload, ({ problem }) => /exceeded quota: none/.test(problem ?? ''));
    await namespace.api.call({ method: 'DELETE', path: `${quotas}/none` });
    await removed(workload);
  });

  test('a pod that was deleted by hand is replaced', async () => {
    const workload = aWorkload('by-hand', engine());
    await cluster.apply(workload, 2);
    const [gone, stays] = (await eventually(workload, allReady(2))).replicas;
    if (gone === undefined || stays === undefined) throw new Error('there are no replicas');
    await namespace.deletePod(gone);
    const after = await eventually(
      workload,
      (seen) => allReady(2)(seen) && seen.replicas.every(({ id }) => id !== gone.id),
    );
    expect(after.replicas).toContainEqual(stays);
    await removed(workload);
  });

  test('the edits of others are shown and left alone, except for the number of replicas', async () => {
    const workload = aWorkload('edited', engine());
    await cluster.apply(workload, 1);
    await eventually(workload, allReady(1));
    const path = namespace.apps(`deployments/${workload.name}`);
    await namespace.edit(path, {
      spec: { template: { spec: { containers: [{ name: 'engine', env: [{ name: 'DEBUG', value: '1' }] }] } } },
    });
    const edited = await eventually(workload, (seen) => seen.drift.length > 0 && allReady(1)(seen));
    expect(edited.drift).toEqual(['spec.template.spec.containers[0].env[0] is DEBUG, rendered was nothing']);
    expect(await cluster.apply(workload, 1)).toEqual({ kind: 'unchanged' });
    await namespace.edit(path, { spec: { replicas: 3 } }, 'kubectl-scale');
    const scaled = await eventually(workload, ({ wantedReplicas }) => wantedReplicas === 3);
    expect(scaled.drift).toContain('spec.replicas is 3, set by kubectl-scale');
    expect(await cluster.apply(workload, 1)).toEqual({ kind: 'resized' });
    const after = await eventually(workload, (seen) => seen.wantedReplicas === 1 && allReady(1)(seen));
    expect(after.drift).toEqual(edited.drift);
    await removed(workload);
  });

  test('an object of someone else is not touched', async () => {
    const workload = aWorkload('foreign', engine());
    const labels = { app: 'foreign' };
    const pod = { containers: [{ name: 'main', image: engineImageName }] };
    const foreign = {
      metadata: { name: 'foreign' },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
    };
    await namespace.api.call({ method: 'POST', path: namespace.apps('deployments'), body: foreign });
    expect(await cluster.apply(workload, 1)).toEqual({
      kind: 'conflict',
      message: 'Deployment foreign exists and does not belong to this Signalbox',
    });
    await cluster.remove(workload);
    await namespace.api.call({ method: 'GET', path: namespace.apps('deployments/foreign') });
    const reading = await cluster.observe();
    expect(reading.kind === 'known' && reading.value.workloads).toEqual([]);
  });

  test('what the API server refuses is told in its words', async () => {
    const workload = aWorkload('refused', { ...engine(), env: { 'NOT=A NAME': '1' } });
    expect(await cluster.apply(workload, 1)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('env[0].name'),
    });
    const elsewhere = open('no-such-namespace');
    expect(await elsewhere.apply(aWorkload('nowhere', engine()), 1)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('no-such-namespace'),
    });
    await elsewhere.close();
    const local = aWorkload('local-path', { ...engine(), weights: { kind: 'path', path: '/models' } });
    expect(await cluster.apply(local, 1)).toMatchObject({ kind: 'refused' });
  });

  test('a replica whose node falls silent is lost, not gone', async () => {
    const workload = aWorkload('silent', engine({ gpus: 4 }));
    await cluster.apply(workload, 2);
    const before = await eventually(workload, allReady(2));
    await testCluster.loseNode('gpu-b');
    const after = await eventually(workload, one('lost', /node gpu-b is not ready/));
    expect(after.replicas.find(({ node }) => node === 'gpu-a')).toEqual(
      before.replicas.find(({ node }) => node === 'gpu-a'),
    );
    expect(after.wantedReplicas).toBe(2);
    await testCluster.returnNode('gpu-b');
    await eventually(workload, allReady(2));
    await removed(workload);
  });
});
