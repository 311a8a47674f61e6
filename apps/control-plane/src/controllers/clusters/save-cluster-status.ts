import { type Database, repositories } from '@signalbox/db';
import type { Instant } from '@signalbox/domain';
import type { ClusterRegistry } from './cluster-registry.ts';

/** Tells everyone whether each cluster answers and what it has. `since` moves only when reachability does. */
export async function saveClusterStatus(db: Database, registry: ClusterRegistry, now: Instant): Promise<void> {
  const { clusterStatus, clusters } = repositories(db);
  const stored = await clusterStatus.list();
  for (const { id: clusterId } of await clusters.list()) {
    const capacity = registry.watch(clusterId)?.capacity();
    const before = stored.find((row) => row.clusterId === clusterId);
    const reachable = capacity?.kind === 'known';
    await clusterStatus.save({
      clusterId,
      reachable,
      since: before?.reachable === reachable ? before.since : now,
      message: capacity === undefined ? 'not opened yet' : capacity.kind === 'unknown' ? capacity.because : null,
      // What was there when it last answered is worth more than nothing.
      capacity: capacity?.kind === 'known' ? capacity.value : (before?.capacity ?? []),
      observedAt: capacity?.kind === 'known' ? capacity.at : (before?.observedAt ?? now),
    });
  }
}
