import { type Database, repositories, withLease } from '@signalbox/db';
import type { Cluster, ClusterId, DeploymentId } from '@signalbox/domain';
import { type JobProducer, type QueueConnection, startRunner } from '@signalbox/jobs';
import { type Clock, type Logger, newId } from '@signalbox/runtime';
import { ClusterRegistry, type KnownCluster, saveClusterStatus } from './controllers/clusters/index.ts';
import { DeploymentLoop, startResync, unsettledDeployments } from './controllers/loop/index.ts';
import { RolloutsController } from './controllers/rollouts/index.ts';
import { Demand, ScaleWatch, ScalingController, sampleDemand } from './controllers/scaling/index.ts';
import { Prover, WorkloadsController } from './controllers/workloads/index.ts';
import type { WorldSources } from './controllers/world/index.ts';
import { forgetOldRecords } from './features/records/index.ts';
import { forgetUsage } from './features/usage/index.ts';

const CLUSTERS_EVERY_MS = 2_000;
const RESYNC_EVERY_MS = 10_000;
const SAMPLE_EVERY_MS = 1_000;
const FORGET_EVERY_MS = 10 * 60_000;
const LEASE_MS = 20_000;
/** Passes that run side by side in one process. */
const CONCURRENCY = 8;

export interface ControllersOptions {
  db: Database;
  queue: QueueConnection;
  producer: JobProducer;
  openCluster: (known: KnownCluster) => Cluster;
  usageRetentionDays: number;
  clock: Clock;
  log: Logger;
}

export interface RunningControllers {
  registry: ClusterRegistry;
  stop(): Promise<void>;
}

/** Everything that moves the world towards what is wanted. Several processes may run it: work is divided by the queue. */
export function runControllers(options: ControllersOptions): RunningControllers {
  const { db, clock, log } = options;
  const wake = (id: DeploymentId): void => void options.producer.wake('deployment', { id });
  const registry = new ClusterRegistry({
    list: async () => repositories(db).clusters.list(),
    open: options.openCluster,
    onChange: (ids) => ids.forEach(wake),
    clock,
    log,
  });
  const sources: WorldSources = { db, observation: (cluster) => registry.observation(cluster) };
  const demand = new Demand();
  const scaleWatch = new ScaleWatch();
  const prover = new Prover({ store: repositories(db).replicas, wake, clock, log });
  const place = (cluster: ClusterId) => {
    const watch = registry.watch(cluster);
    return watch === undefined ? undefined : { cluster: watch.cluster, refreshSoon: () => watch.refreshSoon() };
  };
  const loop = new DeploymentLoop({
    controllers: [
      new RolloutsController({ sources, clock, log }),
      new ScalingController({ sources, demand, watch: scaleWatch, clock, log }),
      new WorkloadsController({ sources, place, prover, clock, log }),
    ],
    outcomes: { save: (entry) => repositories(db).reconciles.record(entry) },
    clock,
    log,
    wake,
  });
  const runner = startRunner({
    connection: options.queue,
    handlers: { deployment: ({ id }) => loop.pass(id as DeploymentId) },
    concurrency: CONCURRENCY,
    log,
  });
  const holder = newId(clock.now());
  const alone = (name: string, everyMs: number, work: () => Promise<void>) =>
    startResync({
      name,
      everyMs,
      work: async () => void (await withLease(db, { name, holder, ttlMs: LEASE_MS, clock }, work)),
      clock,
      log,
    });
  const rounds = [
    startResync({
      name: 'clusters',
      everyMs: CLUSTERS_EVERY_MS,
      work: async () => {
        await registry.refresh();
        await saveClusterStatus(db, registry, clock.now());
      },
      clock,
      log,
    }),
    startResync({
      name: 'demand',
      everyMs: SAMPLE_EVERY_MS,
      work: async () => {
        const inFlight = await sampleDemand(db, clock.now());
        demand.add(clock.now(), inFlight);
        scaleWatch.due(demand, inFlight.keys(), clock.now()).forEach(wake);
      },
      clock,
      log,
    }),
    alone('resync', RESYNC_EVERY_MS, async () => {
      for (const id of await unsettledDeployments(db, clock.now())) wake(id);
    }),
    alone('forget', FORGET_EVERY_MS, () => forgetOldRecords(db, clock)),
    alone('forgetUsage', FORGET_EVERY_MS, () => forgetUsage(db, clock, options.usageRetentionDays)),
  ];
  return {
    registry,
    stop: async () => {
      await Promise.all(rounds.map((round) => round.stop()));
      await runner.close();
      loop.stop();
      prover.stop();
      await registry.stop();
    },
  };
}
