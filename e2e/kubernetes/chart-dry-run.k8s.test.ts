import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type KubernetesObject, loadAllYaml } from '@kubernetes/client-node';
import { chartFolder, helm, setValues } from './chart.ts';
import { chartInstallations } from './chart-installations.ts';
import { connect, createNamespace, type Kubernetes } from './kubernetes.ts';

/** What only a real API server knows: whether it takes what the chart renders. Nothing is kept. */
const namespaces = ['dry-run', 'llm', 'vision'];
let kubernetes: Kubernetes;

beforeAll(async () => {
  kubernetes = connect();
  for (const name of namespaces) await createNamespace(kubernetes, name, 'restricted');
}, 60_000);

afterAll(async () => {
  for (const name of namespaces) await kubernetes.core.deleteNamespace({ name });
});

describe('a real API server', () => {
  test.each(Object.entries(chartInstallations))(
    'takes every object of %s',
    async (_, values) => {
      const args = ['sb', chartFolder, '--namespace', 'dry-run', ...setValues(values)];
      await helm('install', '--dry-run=server', ...args);
      const objects = loadAllYaml(await helm('template', ...args)).filter(
        (each: KubernetesObject | null) => each !== null,
      );
      expect(objects.length).toBeGreaterThan(5);
      for (const object of objects) {
        const { metadata } = await kubernetes.objects.create(object, undefined, 'All', 'helm');
        expect(metadata?.name).toBe(object.metadata?.name);
      }
    },
    60_000,
  );
});
