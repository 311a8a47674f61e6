import { AppsV1Api, CoreV1Api, KubeConfig, PatchStrategy, setHeaderOptions, type V1Pod } from '@kubernetes/client-node';

/** What Signalbox put into a namespace, as a person with kubectl sees and changes it. */
export interface EngineObjects {
  pods(version?: string): Promise<readonly V1Pod[]>;
  /** By pod: two lists are equal when no pod was replaced. */
  uids(version?: string): Promise<readonly string[]>;
  /** Per Deployment what must not move unless somebody wants another size. */
  sizes(): Promise<Readonly<Record<string, number | undefined>>>;
  /**
   * How many templates each Deployment ever had. Kubernetes counts them; one that was changed and changed back counts
   * three times.
   */
  templates(): Promise<readonly number[]>;
  deletePod(name: string, graceSeconds?: number): Promise<void>;
  /** `kubectl edit` of the Deployment of a version. */
  edit(version: string, patch: object, manager: string): Promise<void>;
  /** Without grace. */
  killAll(): Promise<void>;
}

const versionLabel = 'app.kubernetes.io/version';
const templateCount = 'deployment.kubernetes.io/revision';

export function engineObjects(namespace: string): EngineObjects {
  const config = new KubeConfig();
  config.loadFromDefault();
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const of = (version?: string) => ({
    namespace,
    ...(version === undefined ? {} : { labelSelector: `${versionLabel}=${version}` }),
  });
  const pods = async (version?: string) => (await core.listNamespacedPod(of(version))).items;
  const deployments = async (version?: string) => (await apps.listNamespacedDeployment(of(version))).items;
  return {
    pods,
    uids: async (version) => (await pods(version)).map(({ metadata }) => metadata?.uid ?? '').sort(),
    sizes: async () =>
      Object.fromEntries((await deployments()).map(({ metadata, spec }) => [metadata?.name, spec?.replicas])),
    templates: async () => (await deployments()).map(({ metadata }) => Number(metadata?.annotations?.[templateCount])),
    deletePod: async (name, gracePeriodSeconds) => {
      await core.deleteNamespacedPod({
        namespace,
        name,
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      });
    },
    edit: async (version, body, fieldManager) => {
      const [only, ...others] = await deployments(version);
      const name = only?.metadata?.name;
      if (name === undefined || others.length > 0) throw new Error(`there is not one Deployment of ${version}`);
      const strategy = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);
      await apps.patchNamespacedDeployment({ namespace, name, body, fieldManager }, strategy);
    },
    killAll: async () => {
      await apps.deleteCollectionNamespacedDeployment({ namespace });
      await apps.deleteCollectionNamespacedReplicaSet({ namespace });
      await core.deleteCollectionNamespacedPod({ namespace, gracePeriodSeconds: 0 });
    },
  };
}
