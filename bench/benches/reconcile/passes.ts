import { type Database, openDatabase, repositories } from '@signalbox/db';
import type { ClusterObservation, DeploymentId, Reading } from '@signalbox/domain';
import { silentLogger, systemClock } from '@signalbox/runtime';
import { DeploymentLoop, unsettledDeployments } from '../../../apps/control-plane/src/controllers/loop/index.ts';
import { RolloutsController } from '../../../apps/control-plane/src/controllers/rollouts/index.ts';
import { Demand, ScaleWatch, ScalingController } from '../../../apps/control-plane/src/controllers/scaling/index.ts';
import { Prover, WorkloadsController } from '../../../apps/control-plane/src/controllers/workloads/index.ts';
import type { WorldSources } from '../../../apps/control-plane/src/controllers/world/index.ts';
import { type RememberedCluster, rememberCluster } from './remembered-cluster.ts';

/** A process of its own, so that CPU time and memory are those of the passes alone. */
const databaseUrl = process.argv[2] ?? '';
const rounds = Number(process.argv[3] ?? 1);
/** As the control plane runs them. */
const concurrency = 8;
const clock = systemClock;

export interface PassCost {
  cpuSeconds: number;
  wallSeconds: number;
  /** Highest during the pass. */
  rssMiB: number;
  /** What it ordered from the cluster: none, in a world where all is as it should be. */
  orders: number;
  /** Deployments whose controllers ran. */
  passes: number;
}

function buildLoop(db: Database, cluster: RememberedCluster, observation: () => Reading<ClusterObservation>) {
  const sources: WorldSources = { db, observation };
  const wake = (): void => undefined;
  const log = silentLogger;
  const prover = new Prover({ store: repositories(db).replicas, wake, clock, log });
  const place = () => ({ cluster, refreshSoon: () => undefined });
  return new DeploymentLoop({
    controllers: [
      new RolloutsController({ sources, clock, log }),
      new ScalingController({ sources, demand: new Demand(), watch: new ScaleWatch(), clock, log }),
      new WorkloadsController({ sources, place, prover, clock, log }),
    ],
    outcomes: { save: (entry) => repositories(db).reconciles.record(entry) },
    clock,
    log,
    wake,
  });
}

async function measurePass(
  loop: DeploymentLoop,
  cluster: RememberedCluster,
  choose: () => Promise<readonly DeploymentId[]>,
): Promise<PassCost> {
  let rss = process.memoryUsage.rss();
  const watch = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), 20);
  const [startedAt, cpuBefore, ordersBefore] = [performance.now(), process.cpuUsage(), cluster.orders];
  const chosen = await choose();
  const ids = chosen.values();
  const worker = async (): Promise<void> => {
    for (const id of ids) await loop.pass(id);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const { user, system } = process.cpuUsage(cpuBefore);
  clearInterval(watch);
  return {
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: (performance.now() - startedAt) / 1_000,
    rssMiB: Math.max(rss, process.memoryUsage.rss()) / 2 ** 20,
    orders: cluster.orders - ordersBefore,
    passes: chosen.length,
  };
}

async function run(): Promise<PassCost[]> {
  const db = openDatabase({ connectionString: databaseUrl, applicationName: 'signalbox-bench', clock });
  const cluster = await rememberCluster(db, () => clock.now());
  let seen = await cluster.observe();
  const loop = buildLoop(db, cluster, () => seen);
  const costs: PassCost[] = [];
  // First what a start does: the controllers of every deployment run. Then resyncs: all rows are looked at, and the
  // controllers run where there is something to do.
  costs.push(await measurePass(loop, cluster, () => repositories(db).deployments.listIds()));
  for (let i = 0; i < rounds; i++) {
    seen = await cluster.observe();
    costs.push(await measurePass(loop, cluster, () => unsettledDeployments(db, clock.now())));
  }
  loop.stop();
  await db.close();
  return costs;
}

process.stdout.write(JSON.stringify(await run()));
