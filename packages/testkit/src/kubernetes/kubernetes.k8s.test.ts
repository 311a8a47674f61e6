import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiAnswer, type ApiServer, apiServer, readApiAccess } from './api-server.ts';
import { attachToTestCluster, type TestCluster } from './attach.ts';
import { type ImageArchive, writeImageArchive } from './image.ts';
import { answerImage, answerImageName } from './pause-image.ts';
import { until } from './until.ts';

const namespace = 'testkit';
const pods = `/api/v1/namespaces/${namespace}/pods`;
const services = `/api/v1/namespaces/${namespace}/services`;

let cluster: TestCluster;
let api: ApiServer;
let folder: string;
let imageDigest: string;

beforeAll(async () => {
  cluster = await attachToTestCluster();
  api = apiServer(await readApiAccess(cluster.kubeconfigPath));
  folder = await mkdtemp(path.join(tmpdir(), 'testkit-'));
  imageDigest = await importAnswer(answerImage(cluster.binaries.answer));
  await created(api.create('/api/v1/namespaces', { metadata: { name: namespace } }));
  await until({ what: 'the namespace has its service account', withinMs: 10_000 }, async () => {
    return (await api.get(`/api/v1/namespaces/${namespace}/serviceaccounts/default`)).status === 200;
  });
}, 60_000);

afterAll(async () => {
  await api.remove(`/api/v1/namespaces/${namespace}`);
  await rm(folder, { recursive: true, force: true });
});

describe('the test cluster', () => {
  test('has nodes with labelled GPUs', async () => {
    for (const { name, gpus } of await cluster.nodes()) {
      const { body } = await api.get(`/api/v1/nodes/${name}`);
      expect(body.status.allocatable['nvidia.com/gpu']).toBe(String(gpus));
      expect(body.metadata.labels['nvidia.com/gpu.product']).toBe('NVIDIA-H100-80GB-HBM3');
      expect(body.metadata.labels['nvidia.com/gpu.count']).toBe(String(gpus));
    }
  });

  test('packs pods onto GPUs, runs them, and leaves one pending that does not fit', async () => {
    await Promise.all(['full-a', 'full-b'].map((name) => runPod(name, { gpus: 4 })));
    const [a, b] = await Promise.all(['full-a', 'full-b'].map(untilRunning));
    expect([a?.spec.nodeName, b?.spec.nodeName].sort()).toEqual(['gpu-a', 'gpu-b']);
    await runPod('too-many', { gpus: 1 });
    const reason = await until({ what: 'the scheduler says why', withinMs: 15_000 }, async () => {
      const { body } = await api.get(`${pods}/too-many`);
      const conditions: { type: string; message?: string }[] = body.status.conditions ?? [];
      return conditions.find(({ type }) => type === 'PodScheduled')?.message;
    });
    expect(reason).toContain('Insufficient nvidia.com/gpu');
    await Promise.all(['full-a', 'full-b', 'too-many'].map(untilGone));
  }, 90_000);

  test('runs an image by its digest', async () => {
    await runPod('by-digest', { image: `${answerImageName.replace(/:\d+$/, '')}@${imageDigest}` });
    const pod = await untilRunning('by-digest');
    expect(pod.status.containerStatuses[0].imageID).toContain(imageDigest);
    await untilGone('by-digest');
  }, 60_000);

  test('reaches a pod by its own address, by its service and by the name of the service', async () => {
    await runPod('web', { labels: { app: 'web' } });
    const { body: service } = await created(
      api.create(services, {
        metadata: { name: 'web' },
        spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
      }),
    );
    const pod = await untilRunning('web');
    expect(await fetchText(`http://${pod.status.podIP}:8080/`)).toBe('web');
    expect(await fetchText(`http://${service.spec.clusterIP}/`)).toBe('web');
    expect(await fetchText(`http://web.${namespace}.svc.cluster.local/`)).toBe('web');
  }, 60_000);

  test('lets a pod on one node reach a pod on the other through the service', async () => {
    const { spec } = await untilRunning('web');
    const other = (await cluster.nodes()).find(({ name }) => name !== spec.nodeName)?.name;
    const args = ['-fetch', `http://web.${namespace}.svc.cluster.local/`];
    await runPod('caller', { nodeName: other, args, restartPolicy: 'OnFailure' });
    await until({ what: 'the caller has its answer', withinMs: 30_000 }, async () => {
      return (await api.get(`${pods}/caller`)).body.status.phase === 'Succeeded';
    });
    expect((await api.get(`${pods}/caller/log`)).text).toContain('web');
    await Promise.all(['web', 'caller'].map(untilGone));
    await api.remove(`${services}/web`);
  }, 60_000);

  test('gives pods a service account that may do only what a role allows', async () => {
    const { body } = await created(
      api.create(`/api/v1/namespaces/${namespace}/serviceaccounts/default/token`, {
        spec: { expirationSeconds: 3600 },
      }),
    );
    const access = await readApiAccess(cluster.kubeconfigPath);
    const asPod = apiServer({ ...access, token: body.status.token });
    expect((await asPod.get(pods)).status).toBe(403);
    expect((await asPod.get('/version')).status).toBe(200);
  });

  test('notices a lost node, evicts its pods, and takes it back', async () => {
    await runPod('on-b', { nodeName: 'gpu-b', gpus: 4 });
    const before = await untilRunning('on-b');
    await cluster.loseNode('gpu-b');
    await until({ what: 'gpu-b is not ready', withinMs: 25_000 }, async () => !(await isReady('gpu-b')));
    await expect(fetchText(`http://${before.status.podIP}:8080/`, 500)).rejects.toThrow();
    await until({ what: 'its pod is evicted', withinMs: 25_000 }, async () => {
      return (await api.get(`${pods}/on-b`)).body.metadata.deletionTimestamp;
    });
    await cluster.returnNode('gpu-b');
    expect(await isReady('gpu-b')).toBe(true);
    await untilGone('on-b');
    await runPod('again', { nodeName: 'gpu-b', gpus: 4 });
    await untilRunning('again');
    await untilGone('again');
  }, 150_000);

  test('takes a node more', async () => {
    await cluster.addNode({ name: 'late', gpus: 8, product: 'NVIDIA-A100-SXM4-40GB' });
    await runPod('big', { gpus: 8 });
    const { spec } = await untilRunning('big');
    expect(spec.nodeName).toBe('late');
    expect(await cluster.nodeLogs('late')).toContain('Successfully registered node');
    await untilGone('big');
  }, 90_000);
});

type PodOptions = {
  gpus?: number;
  image?: string;
  labels?: Record<string, string>;
  nodeName?: string | undefined;
  args?: string[];
  restartPolicy?: string;
};

async function runPod(name: string, options: PodOptions): Promise<void> {
  const { gpus = 0, image = answerImageName, labels = {}, nodeName, args, restartPolicy = 'Always' } = options;
  const limits = gpus === 0 ? {} : { 'nvidia.com/gpu': String(gpus) };
  const container = { name: 'main', image, imagePullPolicy: 'Never', args, resources: { limits } };
  const nodeSelector = nodeName === undefined ? {} : { 'kubernetes.io/hostname': nodeName };
  const spec = { containers: [container], nodeSelector, restartPolicy, terminationGracePeriodSeconds: 5 };
  await created(api.create(pods, { metadata: { name, labels }, spec }));
}

// biome-ignore lint/suspicious/noExplicitAny: a pod as the API tells it
async function untilRunning(name: string): Promise<any> {
  return until({ what: `pod ${name} runs`, withinMs: 30_000 }, async () => {
    const { body } = await api.get(`${pods}/${name}`);
    const running = body.status.containerStatuses?.every(({ ready }: { ready: boolean }) => ready) ?? false;
    return running && body;
  });
}

async function untilGone(name: string): Promise<void> {
  await api.remove(`${pods}/${name}`);
  await until({ what: `pod ${name} is gone`, withinMs: 30_000 }, async () => {
    return (await api.get(`${pods}/${name}`)).status === 404;
  });
}

async function isReady(node: string): Promise<boolean> {
  const { body } = await api.get(`/api/v1/nodes/${node}`);
  const conditions: { type: string; status: string }[] = body.status.conditions;
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

async function importAnswer(image: ImageArchive): Promise<string> {
  const archive = path.join(folder, 'answer.tar');
  const { digest } = await writeImageArchive(image, archive);
  await cluster.importImage(archive);
  return digest;
}

async function created(sent: Promise<ApiAnswer>): Promise<ApiAnswer> {
  const answer = await sent;
  if (answer.status !== 201) throw new Error(`the API server answered ${answer.status}: ${answer.text}`);
  return answer;
}

/** Asks until it is answered: the rules for a new service take a moment. */
function fetchText(url: string, withinMs = 10_000): Promise<string> {
  return until({ what: `${url} answers`, withinMs }, async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000), headers: { connection: 'close' } });
    return response.text();
  });
}
