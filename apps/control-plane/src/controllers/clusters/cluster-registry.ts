import {
  type Cluster,
  type ClusterId,
  type ClusterObservation,
  type ClusterSpec,
  type DeploymentId,
  type Reading,
  unknown,
} from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';
import { ClusterWatch } from './cluster-watch.ts';

export interface KnownCluster {
  id: ClusterId;
  name: string;
  spec: ClusterSpec;
}

export interface ClusterRegistryOptions {
  list: () => Promise<readonly KnownCluster[]>;
  open: (cluster: KnownCluster) => Cluster;
  onChange: (deployments: readonly DeploymentId[]) => void;
  clock: Clock;
  log: Logger;
}

/** Opens an adapter for every registered cluster, and again when its spec changed. */
export class ClusterRegistry {
  readonly #watches = new Map<ClusterId, { watch: ClusterWatch; spec: string }>();
  readonly #options: ClusterRegistryOptions;

  constructor(options: ClusterRegistryOptions) {
    this.#options = options;
  }

  /** Undefined when the cluster is not registered or could not be opened yet. */
  watch(id: ClusterId): ClusterWatch | undefined {
    return this.#watches.get(id)?.watch;
  }

  /** What this process last saw of a cluster; unknown as well when it has not opened it. */
  observation(id: ClusterId): Reading<ClusterObservation> {
    return this.watch(id)?.observation() ?? unknown(this.#options.clock.now(), 'the cluster is not open');
  }

  async refresh(): Promise<void> {
    const wanted = await this.#options.list();
    for (const [id, { watch, spec }] of this.#watches) {
      const still = wanted.find((cluster) => cluster.id === id);
      if (still !== undefined && JSON.stringify(still.spec) === spec) continue;
      this.#watches.delete(id);
      await watch.stop();
    }
    for (const cluster of wanted) if (!this.#watches.has(cluster.id)) this.#open(cluster);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#watches.values()].map(({ watch }) => watch.stop()));
    this.#watches.clear();
  }

  #open(known: KnownCluster): void {
    const { open, clock, onChange } = this.#options;
    const log = this.#options.log.with({ cluster: known.name });
    try {
      const watch = new ClusterWatch({ cluster: open(known), clock, log, onChange });
      watch.start();
      this.#watches.set(known.id, { watch, spec: JSON.stringify(known.spec) });
      log.info('cluster opened', { adapter: known.spec.adapter });
    } catch (error) {
      log.warn('the cluster could not be opened; it stays unknown', { error });
    }
  }
}
