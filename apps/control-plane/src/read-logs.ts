import { type Database, repositories } from '@signalbox/db';
import type { Cluster } from '@signalbox/domain';
import type { ClusterRegistry, KnownCluster } from './controllers/clusters/index.ts';
import type { ReplicaLogs } from './features/deployments/index.ts';

/** Reads engines' logs over the adapter that the controllers hold, or, in a process without them, one opened for it. */
export function replicaLogs(options: {
  db: Database;
  registry: ClusterRegistry | undefined;
  openCluster: (known: KnownCluster) => Cluster;
}): ReplicaLogs {
  const { db, registry, openCluster } = options;
  return {
    read: async ({ clusterId, ref, replica, lines }) => {
      const held = registry?.watch(clusterId)?.cluster;
      if (held !== undefined) return held.logs(ref, replica, lines);
      const known = await repositories(db).clusters.get(clusterId);
      if (known === undefined) return [];
      const cluster = openCluster(known);
      try {
        return await cluster.logs(ref, replica, lines);
      } finally {
        await cluster.close();
      }
    },
  };
}
