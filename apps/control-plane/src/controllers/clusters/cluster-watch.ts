import {
  type Cluster,
  type ClusterObservation,
  type DeploymentId,
  type NodeCapacity,
  type ObservedWorkload,
  type Reading,
  unknown,
} from '@signalbox/domain';
import type { Clock, Logger } from '@signalbox/runtime';

/** An observation older than this says nothing about now. */
export const OBSERVATION_STALE_MS = 30_000;
const EVERY_MS = 5_000;
/** Hints come in bursts; one look serves them all. */
const HINT_DEBOUNCE_MS = 30;

/** Keeps the last look at one cluster, and tells which deployments look different from the look before. */
export class ClusterWatch {
  readonly cluster: Cluster;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onChange: (deployments: readonly DeploymentId[]) => void;
  readonly #stopping = new AbortController();
  readonly #seen = new Map<DeploymentId, string>();
  #observation: Reading<ClusterObservation>;
  #capacity: Reading<readonly NodeCapacity[]>;
  #hinted = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #hints: { stop(): Promise<void> } | undefined;

  constructor(options: {
    cluster: Cluster;
    clock: Clock;
    log: Logger;
    onChange: (deployments: readonly DeploymentId[]) => void;
  }) {
    this.cluster = options.cluster;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#onChange = options.onChange;
    this.#observation = unknown(options.clock.now(), 'not looked at yet');
    this.#capacity = unknown(options.clock.now(), 'not looked at yet');
  }

  start(): void {
    this.#hints = this.cluster.watch(() => this.refreshSoon());
    this.#running = this.#rounds();
  }

  refreshSoon(): void {
    this.#hinted.resolve();
  }

  /** The last look; unknown when it is too old to say anything about now. */
  observation(): Reading<ClusterObservation> {
    return this.#fresh(this.#observation);
  }

  capacity(): Reading<readonly NodeCapacity[]> {
    return this.#fresh(this.#capacity);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#hinted.resolve();
    await this.#hints?.stop();
    await this.#running;
    await this.cluster.close();
  }

  #fresh<T>(reading: Reading<T>): Reading<T> {
    if (reading.kind === 'unknown' || this.#clock.now() - reading.at <= OBSERVATION_STALE_MS) return reading;
    return unknown(reading.at, 'the cluster has not answered since');
  }

  async #rounds(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#hinted = Promise.withResolvers<void>();
      await this.#look();
      await Promise.race([this.#hinted.promise, this.#clock.sleep(EVERY_MS, this.#stopping.signal)]);
      await this.#clock.sleep(HINT_DEBOUNCE_MS, this.#stopping.signal);
    }
  }

  async #look(): Promise<void> {
    try {
      const [observation, capacity] = await Promise.all([this.cluster.observe(), this.cluster.capacity()]);
      // A single miss keeps the last look until it is stale: one slow answer is not an outage.
      if (capacity.kind === 'known' || this.#fresh(this.#capacity).kind === 'unknown') this.#capacity = capacity;
      if (observation.kind === 'known') this.#compare(observation.value.workloads);
      if (observation.kind === 'known' || this.#fresh(this.#observation).kind === 'unknown')
        this.#observation = observation;
    } catch (error) {
      this.#log.warn('a look at the cluster failed', { error });
    }
  }

  #compare(workloads: readonly ObservedWorkload[]): void {
    const now = new Map<DeploymentId, string>();
    for (const workload of workloads) {
      now.set(workload.deploymentId, (now.get(workload.deploymentId) ?? '') + JSON.stringify(workload));
    }
    const changed = [...new Set([...now.keys(), ...this.#seen.keys()])].filter(
      (id) => now.get(id) !== this.#seen.get(id),
    );
    this.#seen.clear();
    for (const [id, text] of now) this.#seen.set(id, text);
    // The new look must be readable before anybody is told: callers run after this turn.
    if (changed.length > 0) queueMicrotask(() => this.#onChange(changed));
  }
}
