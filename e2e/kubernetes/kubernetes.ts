import { CoreV1Api, KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';
import { until } from '@signalbox/testkit/kubernetes';

/** The cluster of `KUBECONFIG`, as somebody who may do everything. */
export interface Kubernetes {
  core: CoreV1Api;
  objects: KubernetesObjectApi;
}

export function connect(): Kubernetes {
  const config = new KubeConfig();
  config.loadFromDefault();
  return { core: config.makeApiClient(CoreV1Api), objects: KubernetesObjectApi.makeApiClient(config) };
}

/** A namespace that refuses pods below a Pod Security Standard; ready when pods may be made in it. */
export async function createNamespace({ core }: Kubernetes, name: string, standard: string): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': standard };
  // One of this name may still be going, from the file that ran before.
  await until({ what: `namespace ${name} can be made`, withinMs: 90_000 }, () =>
    core.createNamespace({ body: { metadata: { name, labels } } }),
  );
  await until({ what: `namespace ${name} has its service account`, withinMs: 15_000 }, () =>
    core.readNamespacedServiceAccount({ namespace: name, name: 'default' }),
  );
}

export async function untilPodReady({ core }: Kubernetes, namespace: string, name: string) {
  return until({ what: `pod ${namespace}/${name} is ready`, withinMs: 60_000 }, async () => {
    const pod = await core.readNamespacedPod({ namespace, name });
    const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return ready === true && pod.status?.podIP !== undefined ? pod : undefined;
  });
}

export async function secretValue({ core }: Kubernetes, namespace: string, name: string, key: string) {
  const { data } = await core.readNamespacedSecret({ namespace, name });
  const value = data?.[key];
  if (value === undefined) throw new Error(`secret ${namespace}/${name} has no ${key}`);
  return Buffer.from(value, 'base64').toString();
}
