import {
  type ApplyResult,
  type Cluster,
  type ClusterObservation,
  type Instant,
  known,
  type NodeCapacity,
  type Reading,
  type ReplicaId,
  unknown,
  type Workload,
  type WorkloadRef,
} from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';
import { errorMessage } from '../error-facts.ts';
import { isWorkloadName, refusal } from '../refusals.ts';
import { type ApiRefusal, isRefusal, KubernetesApi } from './api.ts';
import type { Deployment, Pod } from './api-types.ts';
import { ClusterObjects } from './cluster-objects.ts';
import { nodeCapacities } from './node-capacity.ts';
import { observedWorkloads } from './observe-kubernetes.ts';
import { annotation, isOwned, label, ownedSelector } from './ownership.ts';
import { renderDeployment } from './render-deployment.ts';
import { containerName, podRefusal } from './render-pod.ts';
import { engineStatus } from './replica-phase.ts';
import { watchHints } from './watch-hints.ts';

export interface KubernetesClusterOptions {
  /** Path of a kubeconfig, or `in-cluster`. */
  kubeconfig: string;
  /** Where replicas run. One Signalbox writes to one namespace. */
  namespace: string;
  fieldManager: string;
  /** Tells this Signalbox from others that may share the namespace. A valid label value. */
  instance: string;
  clock: Clock;
  log: Logger;
}

const hintDelayMs = 50;
const logBytes = String(1024 * 1024);
const firstToGo = '-1000';

/** Replicas as pods: a workload is one `apps/v1` Deployment whose template never changes. */
export function createKubernetesCluster(options: KubernetesClusterOptions): Cluster {
  return new KubernetesCluster(options);
}

class KubernetesCluster implements Cluster {
  readonly #options: KubernetesClusterOptions;
  readonly #api: KubernetesApi;
  readonly #watches = new Set<{ stop(): Promise<void> }>();
  readonly #objects: ClusterObjects;
  #unknownSince: Instant | null = null;

  constructor(options: KubernetesClusterOptions) {
    this.#options = options;
    this.#api = new KubernetesApi(options.kubeconfig);
    this.#objects = new ClusterObjects(this.#api, options.namespace, options.instance);
  }

  async apply(workload: Workload, replicas: number): Promise<ApplyResult> {
    const refused = refusal(workload, replicas) ?? podRefusal(workload);
    if (refused !== null) return { kind: 'refused', message: refused };
    try {
      const existing = await this.#objects.deployment(workload.name);
      if (existing === null) return await this.#create(workload, replicas);
      const message = conflictWith(existing, workload, this.#options.instance);
      if (message !== null) return { kind: 'conflict', message };
      if (existing.metadata?.deletionTimestamp !== undefined) {
        throw new Error(`Deployment ${workload.name} is being deleted: try again when it is gone`);
      }
      if (existing.spec?.replicas === replicas) return { kind: 'unchanged' };
      return await this.#resize(workload.name, replicas);
    } catch (error) {
      if (isRefusal(error, 409)) return { kind: 'conflict', message: error.message };
      if (isRefusal(error, 400, 403, 422) || isNamespaceMissing(error))
        return { kind: 'refused', message: error.message };
      throw error;
    }
  }

  async observe(): Promise<Reading<ClusterObservation>> {
    return this.#read(async () => {
      const [deployments, pods, nodes] = await Promise.all([
        this.#objects.deployments(),
        this.#objects.pods(),
        this.#objects.nodes(),
      ]);
      const warnings = pods.some(needsEvents) ? await this.#objects.warnings() : [];
      const { fieldManager } = this.#options;
      const byName = nodes === null ? null : new Map(nodes.map((node) => [node.metadata?.name ?? '', node]));
      return { workloads: observedWorkloads({ deployments, pods, nodes: byName, warnings, fieldManager }) };
    });
  }

  async remove(ref: WorkloadRef): Promise<void> {
    if (!isWorkloadName(ref.name)) return;
    const existing = await this.#objects.deployment(ref.name);
    // Another revision of the same name, or someone else's object, is not what was meant.
    if (!isOwned(existing?.metadata, this.#options.instance)) return;
    if (existing?.metadata?.labels?.[label.revisionId] !== ref.revisionId) return;
    // In the background: the Deployment goes now, its pods drain for as long as their grace period lets them.
    await this.#objects.delete(`${this.#objects.deploymentsPath}/${ref.name}`, existing.metadata.uid, {
      propagationPolicy: 'Background',
    });
  }

  async preferRemoval(ref: WorkloadRef, replicas: readonly ReplicaId[]): Promise<void> {
    await Promise.all(
      (await this.#objects.podsOf(ref)).map(async ({ metadata }) => {
        const wanted = replicas.includes(metadata?.uid as ReplicaId) ? firstToGo : null;
        if ((metadata?.annotations?.[annotation.deletionCost] ?? null) === wanted) return;
        await this.#api
          .call({
            method: 'PATCH',
            path: `${this.#objects.podsPath}/${metadata?.name}`,
            query: { fieldManager: this.#options.fieldManager },
            // The uid makes it this very pod, or none.
            body: { metadata: { uid: metadata?.uid, annotations: { [annotation.deletionCost]: wanted } } },
            contentType: 'application/merge-patch+json',
          })
          .catch((error: unknown) => {
            if (!isRefusal(error, 404, 409)) throw error;
          });
      }),
    );
  }

  async restartReplica(ref: WorkloadRef, replica: ReplicaId): Promise<void> {
    const pod = (await this.#objects.podsOf(ref)).find(({ metadata }) => metadata?.uid === replica);
    if (pod?.metadata === undefined || pod.metadata.deletionTimestamp !== undefined) return;
    await this.#objects.delete(`${this.#objects.podsPath}/${pod.metadata.name}`, pod.metadata.uid, {});
  }

  async capacity(): Promise<Reading<readonly NodeCapacity[]>> {
    return this.#read(async () => {
      const [nodes, pods] = await Promise.all([this.#objects.allNodes(), this.#objects.unfinishedPods()]);
      return nodeCapacities(nodes, pods);
    });
  }

  watch(onHint: () => void): { stop(): Promise<void> } {
    const { clock, log, instance } = this.#options;
    const stopping = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onChange = () => {
      if (stopping.signal.aborted) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        onHint();
      }, hintDelayMs);
    };
    const labelSelector = ownedSelector(instance);
    const followed = [this.#objects.deploymentsPath, this.#objects.podsPath].map((path) =>
      watchHints({ api: this.#api, path, labelSelector, onChange, signal: stopping.signal, clock, log }),
    );
    const watch = {
      stop: async () => {
        this.#watches.delete(watch);
        stopping.abort();
        clearTimeout(timer);
        await Promise.all(followed);
      },
    };
    this.#watches.add(watch);
    return watch;
  }

  async logs(ref: WorkloadRef, replica: ReplicaId, lines: number): Promise<readonly string[]> {
    const pod = (await this.#objects.podsOf(ref)).find(({ metadata }) => metadata?.uid === replica);
    if (pod === undefined || lines <= 0) return [];
    const status = engineStatus(pod);
    const query = { container: containerName, tailLines: String(lines), limitBytes: logBytes };
    // Between two starts the present container has printed nothing yet.
    const previous = status?.state?.waiting !== undefined && status.restartCount > 0 ? { previous: 'true' } : {};
    try {
      const path = `${this.#objects.podsPath}/${pod.metadata?.name}/log`;
      const text = await this.#api.text({ method: 'GET', path, query: { ...query, ...previous } });
      return text === '' ? [] : text.replace(/\n$/, '').split('\n');
    } catch (error) {
      // No container was started yet, or its log went with it.
      if (isRefusal(error, 400, 404)) return [];
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#watches].map((watch) => watch.stop()));
    this.#api.close();
  }

  async #create(workload: Workload, replicas: number): Promise<ApplyResult> {
    const { fieldManager, namespace, instance } = this.#options;
    await this.#api.call({
      method: 'PATCH',
      path: `${this.#objects.deploymentsPath}/${workload.name}`,
      query: { fieldManager, force: 'false' },
      body: renderDeployment(workload, replicas, namespace, instance),
      contentType: 'application/apply-patch+yaml',
    });
    return { kind: 'created' };
  }

  /**
   * Only the number goes over: sending the whole manifest again would put back, and so restart, what someone else
   * has changed in the template. That stays as it is and is shown as drift.
   */
  async #resize(name: string, replicas: number): Promise<ApplyResult> {
    await this.#api.call({
      method: 'PATCH',
      path: `${this.#objects.deploymentsPath}/${name}/scale`,
      query: { fieldManager: this.#options.fieldManager },
      body: { spec: { replicas } },
      contentType: 'application/merge-patch+json',
    });
    return { kind: 'resized' };
  }

  async #read<T>(ask: () => Promise<T>): Promise<Reading<T>> {
    try {
      const value = await ask();
      this.#unknownSince = null;
      return known(value, this.#options.clock.now());
    } catch (error) {
      this.#unknownSince ??= this.#options.clock.now();
      return unknown(this.#unknownSince, `the Kubernetes API can't be read: ${errorMessage(error)}`);
    }
  }
}

function conflictWith({ metadata }: Deployment, workload: Workload, instance: string): string | null {
  const name = `Deployment ${workload.name}`;
  if (!isOwned(metadata, instance)) return `${name} exists and does not belong to this Signalbox`;
  const specHash = metadata?.annotations?.[annotation.specHash];
  if (specHash !== workload.specHash) return `${name} exists with another spec (${specHash}, not ${workload.specHash})`;
  const revisionId = metadata?.labels?.[label.revisionId];
  return revisionId === workload.revisionId ? null : `${name} belongs to another revision (${revisionId})`;
}

/** A 404 for an object that was to be created. One that went away under a resize is worth another try. */
function isNamespaceMissing(error: unknown): error is ApiRefusal {
  return isRefusal(error, 404) && error.message.startsWith('namespaces ');
}

/** A pod that is neither ready nor running may have more to say in its events. */
function needsEvents(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') !== true;
}
