import type { ApiResponse } from '@signalbox/contracts';
import type { DeploymentWorld } from '@signalbox/db';

type Status = ApiResponse<'getDeployment'>['status'];
type Condition = Status['conditions'][number];

export interface DeploymentAssessment {
  phase: Status['phase'];
  replicas: Status['replicas'];
  conditions: Condition[];
}

/** What state a deployment is in, from everything that is known of it. The only place where that is decided. */
export function assessDeployment(world: DeploymentWorld): DeploymentAssessment {
  const replicas = countReplicas(world);
  const reachable = clusterReachable(world);
  const ready = isReady(world, reachable);
  return { phase: phaseOf(world, replicas, reachable), replicas, conditions: [ready, isSettled(world), reachable] };
}

function countReplicas({ replicaCounts, replicas }: DeploymentWorld): Status['replicas'] {
  return {
    desired: replicaCounts.reduce((sum, { desired }) => sum + desired, 0),
    ready: replicas.filter(({ phase }) => phase === 'ready').length,
    serving: replicas.filter(({ traffic }) => traffic === 'serving').length,
  };
}

function phaseOf(world: DeploymentWorld, replicas: Status['replicas'], reachable: Condition): Status['phase'] {
  const { deployment, rollout, traffic } = world;
  if (deployment.deletedAt !== null) return 'deleting';
  if (reachable.status !== 'true' && rollout === undefined) return 'unknown';
  if (rollout !== undefined && (traffic?.split ?? []).length === 0) return 'provisioning';
  if (rollout?.status.paused === true) return 'paused';
  if (rollout !== undefined) return 'rollingOut';
  if ((traffic?.split ?? []).length === 0 || replicas.serving === 0) return 'unavailable';
  return replicas.serving < replicas.desired ? 'degraded' : 'serving';
}

/** Ready: whatever part of the traffic the split gives a revision, someone can take it. */
function isReady(world: DeploymentWorld, reachable: Condition): Condition {
  const parts = (world.traffic?.split ?? []).filter(({ weight }) => weight > 0);
  if (parts.length === 0) {
    return condition('Ready', 'false', 'NoTraffic', world.rollout?.status.detail.message ?? 'no revision serves');
  }
  const empty = parts.filter(
    ({ revisionId }) => !world.replicas.some((row) => row.revisionId === revisionId && row.traffic === 'serving'),
  );
  if (empty.length === 0) return condition('Ready', 'true', 'Serving', 'every revision in the split has replicas');
  if (reachable.status !== 'true') return condition('Ready', 'unknown', 'ClusterSilent', reachable.message);
  return condition('Ready', 'false', 'NoReplicas', 'a revision with traffic has no replica that takes it');
}

function isSettled({ deployment, rollout, traffic }: DeploymentWorld): Condition {
  if (rollout !== undefined) return condition('Settled', 'false', 'RollingOut', rollout.status.detail.message);
  if (traffic?.stableRevisionId === deployment.specRevisionId) {
    return condition('Settled', 'true', 'AsWanted', 'the wanted revision is the stable one');
  }
  return condition('Settled', 'false', 'NotAsWanted', 'the stable revision is not the wanted one, and no rollout runs');
}

function clusterReachable({ clusterStatuses }: DeploymentWorld): Condition {
  const silent = clusterStatuses.find((status) => !status.reachable);
  if (silent !== undefined) {
    return condition('ClusterReachable', 'false', 'Silent', silent.message ?? 'the cluster does not answer');
  }
  if (clusterStatuses.length === 0) {
    return condition('ClusterReachable', 'unknown', 'NotSeen', 'the cluster was not looked at yet');
  }
  return condition('ClusterReachable', 'true', 'Answers', 'the cluster answers');
}

function condition(type: Condition['type'], status: Condition['status'], reason: string, message: string): Condition {
  return { type, status, reason, message };
}
