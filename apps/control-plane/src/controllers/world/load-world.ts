import { type Database, type Gateway, type Revision, repositories, type Transaction } from '@signalbox/db';
import {
  type ClusterId,
  type ClusterObservation,
  type DeploymentId,
  type Instant,
  type ProjectId,
  type Reading,
  type ReplicaId,
  type RevisionId,
  type RolloutId,
  unknown,
} from '@signalbox/domain';
import type { DeploymentWorld, WorldGateway, WorldRevision } from './deployment-world.ts';

/** A gateway not heard from for this long is silent: what it has in flight is unknown. */
export const GATEWAY_SILENT_MS = 5_000;
/** After this long a silent gateway is taken for gone; the drain bound has long passed by then. */
const GATEWAY_FORGOTTEN_MS = 15 * 60_000;

export interface WorldSources {
  db: Database;
  observation(cluster: ClusterId): Reading<ClusterObservation>;
}

/** Undefined when the deployment is gone. */
export async function loadWorld(
  sources: WorldSources,
  id: DeploymentId,
  now: Instant,
): Promise<DeploymentWorld | undefined> {
  return sources.db.transaction((tx) => readWorld(tx, sources, id, now), {
    isolation: 'repeatable read',
    readOnly: true,
  });
}

async function readWorld(
  tx: Transaction,
  sources: WorldSources,
  id: DeploymentId,
  now: Instant,
): Promise<DeploymentWorld | undefined> {
  const from = repositories(tx);
  const deployment = await from.deployments.find(id);
  if (deployment === undefined) return undefined;
  const project = await from.projects.get(deployment.projectId as ProjectId);
  const traffic = await from.deploymentTraffic.get(id);
  const active = await from.rollouts.active(id);
  const commands =
    active === undefined
      ? []
      : await from.rolloutCommands.pendingAfter(active.rollout.id as RolloutId, active.status.commandSeq);
  const roles = await from.revisionRoles.listByDeployment(id);
  const desired = await from.replicaCounts.listByDeployment(id);
  const override = await from.scaleOverrides.get(id);
  const replicas = await from.replicas.listByDeployment(id);
  const gateways = await from.gateways.listLive(now - GATEWAY_FORGOTTEN_MS);
  const snapshot = await from.snapshotState.current();

  const wanted = [
    ...roles.map((role) => role.revisionId),
    traffic?.stableRevisionId,
    traffic?.formerRevisionId,
    active?.rollout.fromRevisionId,
    active?.rollout.toRevisionId,
    ...(traffic?.split ?? []).map((part) => part.revisionId),
  ].filter((revisionId): revisionId is RevisionId => typeof revisionId === 'string');
  const revisions = await withWorkloads(from.revisions, wanted);
  const stats = await from.revisionStats.getMany([...revisions.keys()]);
  const desiredBy = new Map(desired.map((row) => [row.revisionId as RevisionId, row.desired]));
  const stableRole = roles.find((role) => role.role === 'stable');

  const revision = (revisionId: RevisionId): WorldRevision => {
    const found = revisions.get(revisionId);
    if (found === undefined) throw new Error(`revision ${revisionId} is missing from the world of ${id}`);
    return found as WorldRevision;
  };
  const observationOf = (revisionId: RevisionId): Reading<ClusterObservation> => {
    const found = revisions.get(revisionId);
    return found === undefined ? unknown(now, 'no such revision') : sources.observation(found.clusterId as ClusterId);
  };
  return {
    deployment: {
      id,
      projectId: deployment.projectId as ProjectId,
      project: project?.name ?? '',
      name: deployment.name,
      spec: deployment.spec,
      deletedAt: deployment.deletedAt,
    },
    traffic: (traffic ?? null) as DeploymentWorld['traffic'],
    rollout:
      active === undefined
        ? null
        : ({ ...active.rollout, status: active.status } as unknown as DeploymentWorld['rollout']),
    commands,
    roles: roles as unknown as DeploymentWorld['roles'],
    desired: desiredBy,
    override: override?.replicas ?? null,
    restartBefore: null,
    fullFleet: (stableRole && desiredBy.get(stableRole.revisionId as RevisionId)) ?? deployment.spec.scaling.min,
    replicas: replicas as unknown as DeploymentWorld['replicas'],
    counts: new Map(stats.map((row) => [row.revisionId as RevisionId, row.counts])),
    gateways: gateways.flatMap((gateway) => describeGateway(gateway, snapshot, now)),
    revision,
    workloadOf: (revisionId) => revision(revisionId).workloadRevisionId,
    observationOf,
    problemOf: (revisionId) => {
      const seen = observationOf(revisionId);
      if (seen.kind === 'unknown') return null;
      return seen.value.workloads.find((workload) => workload.revisionId === revisionId)?.problem ?? null;
    },
  };
}

/** The revisions and those whose pods serve them. */
async function withWorkloads(
  revisions: ReturnType<typeof repositories>['revisions'],
  ids: readonly RevisionId[],
): Promise<ReadonlyMap<RevisionId, Revision>> {
  const own = await revisions.findMany([...new Set(ids)]);
  const missing = own.map((row) => row.workloadRevisionId as RevisionId).filter((id) => !ids.includes(id));
  const serving = await revisions.findMany([...new Set(missing)]);
  return new Map([...own, ...serving].map((row) => [row.id as RevisionId, row]));
}

/** A gateway that said good-bye and fell silent is gone; one that just fell silent may still have requests. */
function describeGateway(
  gateway: Gateway,
  snapshot: { epoch: number; number: number },
  now: Instant,
): readonly WorldGateway[] {
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
    },
  ];
}
