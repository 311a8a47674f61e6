import type { WorkloadRef } from '@signalbox/domain';
import { isWorkloadName } from '../refusals.ts';
import { isRefusal, type KubernetesApi } from './api.ts';
import type { ClusterEvent, Deployment, Node, Pod } from './api-types.ts';
import { label, ownedSelector, podSelector } from './ownership.ts';

/** The objects that the adapter reads and deletes. What is gone already, or may not be seen, is a value here. */
export class ClusterObjects {
  readonly deploymentsPath: string;
  readonly podsPath: string;
  readonly #eventsPath: string;
  readonly #api: KubernetesApi;
  readonly #instance: string;

  constructor(api: KubernetesApi, namespace: string, instance: string) {
    const within = `namespaces/${encodeURIComponent(namespace)}`;
    this.#api = api;
    this.#instance = instance;
    this.deploymentsPath = `/apis/apps/v1/${within}/deployments`;
    this.podsPath = `/api/v1/${within}/pods`;
    this.#eventsPath = `/api/v1/${within}/events`;
  }

  deployments(): Promise<Deployment[]> {
    return this.#api.list<Deployment>(this.deploymentsPath, { labelSelector: ownedSelector(this.#instance) });
  }

  pods(): Promise<Pod[]> {
    return this.#api.list<Pod>(this.podsPath, { labelSelector: ownedSelector(this.#instance) });
  }

  allNodes(): Promise<Node[]> {
    return this.#api.list<Node>('/api/v1/nodes');
  }

  async deployment(name: string): Promise<Deployment | null> {
    try {
      return await this.#api.call<Deployment>({ method: 'GET', path: `${this.deploymentsPath}/${name}` });
    } catch (error) {
      if (isRefusal(error, 404)) return null;
      throw error;
    }
  }

  async podsOf(ref: WorkloadRef): Promise<Pod[]> {
    if (!isWorkloadName(ref.name)) return [];
    const selector = { ...podSelector(ref.name, this.#instance), [label.revisionId]: ref.revisionId };
    const labelSelector = Object.entries(selector)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    return this.#api.list<Pod>(this.podsPath, { labelSelector });
  }

  async delete(path: string, uid: string | undefined, options: { propagationPolicy?: 'Background' }): Promise<void> {
    try {
      await this.#api.call({ method: 'DELETE', path, body: { ...options, preconditions: { uid } } });
    } catch (error) {
      if (!isRefusal(error, 404, 409)) throw error;
    }
  }

  /** Nodes belong to the whole cluster: an account that is confined to its namespace goes without. */
  async nodes(): Promise<Node[] | null> {
    try {
      return await this.allNodes();
    } catch (error) {
      if (isRefusal(error, 403)) return null;
      throw error;
    }
  }

  async unfinishedPods(): Promise<Pod[]> {
    const query = { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' };
    try {
      return await this.#api.list<Pod>('/api/v1/pods', query);
    } catch (error) {
      if (isRefusal(error, 403)) return this.#api.list<Pod>(this.podsPath, query);
      throw error;
    }
  }

  async warnings(): Promise<ClusterEvent[]> {
    try {
      return await this.#api.list<ClusterEvent>(this.#eventsPath, {
        fieldSelector: 'type=Warning,involvedObject.kind=Pod',
      });
    } catch (error) {
      if (isRefusal(error, 403)) return [];
      throw error;
    }
  }
}
