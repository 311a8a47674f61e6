import { type Database, deploymentWorld, type Gateway, repositories, type SnapshotNumber } from '@signalbox/db';
import type { ClusterId, ClusterObservation, DeploymentId, Instant, Reading, ReplicaId } from '@signalbox/domain';
import { unknown } from '@signalbox/domain';
import { DeploymentWorld, type WorldGateway } from './deployment-world.ts';

/** A gateway not heard from for this long is silent: what it has in flight is unknown. */
export const GATEWAY_SILENT_MS = 5_000;
/** After this long a silent gateway is taken for gone; the drain bound has long passed by then. */
const GATEWAY_FORGOTTEN_MS = 15 * 60_000;

export interface WorldSources {
  db: Database;
  /** What this process last saw of a cluster. */
  observation(cluster: ClusterId): Reading<ClusterObservation>;
}

/** Undefined when the deployment is gone. */
export async function loadWorld(
  sources: WorldSources,
  id: DeploymentId,
  now: Instant,
): Promise<DeploymentWorld | undefined> {
  const rows = await deploymentWorld(sources.db, id);
  if (rows === undefined) return undefined;
  const { deploymentScale, restartRequests } = repositories(sources.db);
  const [scale, restart] = await Promise.all([deploymentScale.get(id), restartRequests.get(id)]);
  const beside = {
    gateways: await loadGateways(sources.db, now),
    scale: scale?.replicas ?? null,
    restartBefore: restart?.requestedAt ?? null,
  };
  return new DeploymentWorld(rows, beside, (revisionId) => {
    const revision = rows.revisions.find((row) => row.id === revisionId);
    return revision === undefined ? unknown(now, 'no such revision') : sources.observation(revision.clusterId);
  });
}

/** Read after the world: a gateway that is current now has seen at least every drain that the world shows. */
export async function loadGateways(db: Database, now: Instant): Promise<readonly WorldGateway[]> {
  const { gateways, snapshotState } = repositories(db);
  const snapshot = await snapshotState.current();
  const rows = await gateways.listLive(now - GATEWAY_FORGOTTEN_MS);
  return rows.flatMap((gateway) => describeGateway(gateway, snapshot, now));
}

/** A gateway that said good-bye and fell silent is gone; one that just fell silent may still have requests. */
function describeGateway(gateway: Gateway, snapshot: SnapshotNumber, now: Instant): readonly WorldGateway[] {
  const live = now - gateway.lastSeenAt <= GATEWAY_SILENT_MS;
  if (!live && !gateway.accepting) return [];
  const { report } = gateway;
  return [
    {
      id: gateway.id,
      lastSeenAt: gateway.lastSeenAt,
      live,
      accepting: gateway.accepting,
      current: gateway.appliedEpoch === snapshot.epoch && gateway.appliedNumber >= snapshot.number,
      replicas: new Map(
        report.replicas.map((row) => [row.replicaId as ReplicaId, { admitted: row.admitted, inFlight: row.inFlight }]),
      ),
      routes: new Map(report.routes.map((row) => [row.routeId, row.inFlight])),
    },
  ];
}
