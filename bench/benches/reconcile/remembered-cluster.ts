import { type Database, repositories } from '@signalbox/db';
import { type Cluster, type ClusterObservation, known, type ObservedWorkload, unknown } from '@signalbox/domain';

/** A cluster in memory that shows just what the rows say; counts what it is told to change. */
export interface RememberedCluster extends Cluster {
  readonly orders: number;
}

export async function rememberCluster(database: Database, now: () => number): Promise<RememberedCluster> {
  const observation: ClusterObservation = { workloads: await workloadsOf(database) };
  let orders = 0;
  const order = async (): Promise<void> => void orders++;
  return {
    get orders() {
      return orders;
    },
    apply: async () => {
      await order();
      return { kind: 'unchanged' };
    },
    observe: async () => known(observation, now()),
    remove: order,
    preferRemoval: order,
    restartReplica: order,
    capacity: async () => unknown(now(), 'not simulated'),
    watch: () => ({ stop: async () => undefined }),
    logs: async () => [],
    close: async () => undefined,
  };
}

async function workloadsOf(database: Database): Promise<readonly ObservedWorkload[]> {
  const repos = repositories(database);
  const replicas = Map.groupBy(await repos.replicas.list(), ({ revisionId }) => revisionId);
  const revisions = await repos.revisions.findMany([...replicas.keys()]);
  return revisions.map((revision) => ({
    name: revision.workloadName,
    projectId: revision.projectId,
    deploymentId: revision.deploymentId,
    revisionId: revision.id,
    wantedReplicas: replicas.get(revision.id)?.length ?? 0,
    specHash: revision.workloadHash,
    replicas: replicas.get(revision.id) ?? [],
    drift: [],
    problem: null,
  }));
}
