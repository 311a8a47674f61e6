import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attachToTestCluster, until } from '@signalbox/testkit/kubernetes';
import { importImages } from './built-images.ts';
import { connect, createNamespace, type Kubernetes, untilPodReady } from './kubernetes.ts';

const namespace = 'images';
let folder: string;
let kubernetes: Kubernetes;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'images-'));
  kubernetes = connect();
  await importImages(await attachToTestCluster(), folder, 'simulated-engine');
  await createNamespace(kubernetes, namespace, 'restricted');
}, 120_000);

afterAll(async () => {
  await kubernetes.core.deleteNamespace({ name: namespace });
  await rm(folder, { recursive: true, force: true });
});

describe('the image of the simulated engine', () => {
  test.each([
    { name: 'by-its-name', command: ['simulated-engine', 'my/model'] },
    { name: 'as-vllm', command: ['vllm', 'serve', 'my/model'] },
  ])(
    'runs $name under the restricted standard, is healthy, and ends at once on SIGTERM',
    async ({ name, command }) => {
      await startEngine(name, command);
      const { status } = await untilPodReady(kubernetes, namespace, name);
      const url = `http://${status?.podIP}:8000`;
      const health = await fetch(`${url}/health`);
      expect(health.status).toBe(200);
      expect(await chatModel(url)).toBe('my/model');

      await kubernetes.core.deleteNamespacedPod({ namespace, name });
      const stopping = performance.now();
      await until({ what: `${name} no longer listens`, withinMs: 5_000, everyMs: 20 }, async () => {
        return await fetch(`${url}/health`, { signal: AbortSignal.timeout(500) }).then(
          () => false,
          () => true,
        );
      });
      expect(performance.now() - stopping).toBeLessThan(2_500);
      // Of its 120 s of grace it took next to nothing: a first process that ignored SIGTERM would use them all.
      await until({ what: `${name} is gone`, withinMs: 15_000 }, () =>
        kubernetes.core.readNamespacedPod({ namespace, name }).then(
          () => false,
          () => true,
        ),
      );
    },
    120_000,
  );
});

async function startEngine(name: string, command: string[]): Promise<void> {
  const container = {
    name: 'engine',
    image: 'signalbox/simulated-engine:0.32.0',
    imagePullPolicy: 'Never',
    command: [...command, '--host', '0.0.0.0', '--port', '8000'],
    readinessProbe: { httpGet: { path: '/health', port: 8000 }, periodSeconds: 1 },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  };
  await kubernetes.core.createNamespacedPod({
    namespace,
    body: {
      metadata: { name },
      spec: {
        containers: [container],
        terminationGracePeriodSeconds: 120,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      },
    },
  });
}

async function chatModel(url: string): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'my/model', messages: [{ role: 'user', content: 'hello' }], max_tokens: 3 }),
  });
  const { model } = (await response.json()) as { model: string };
  return model;
}
