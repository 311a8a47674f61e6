import type { DeploymentWorld } from '@signalbox/db';
import type { Instant } from '@signalbox/domain';

/**
 * Whether a deployment's controllers have anything to do, from its rows alone. The resync asks this of all deployments
 * at once and wakes the few; what changes outside of the tables (clusters, gateways, demand) wakes by itself.
 */
export function needsAttention(world: DeploymentWorld, now: Instant): boolean {
  const { deployment, rollout, traffic, roles, replicas } = world;
  if (deployment.deletedAt !== null || rollout !== undefined || traffic === undefined) return true;
  const warmIsOver = traffic.keepWarmUntil !== null && traffic.keepWarmUntil <= now;
  if (warmIsOver || roles.some((role) => role.role === 'retiring')) return true;
  if (replicas.some((replica) => replica.traffic !== 'serving' || replica.phase !== 'ready')) return true;
  return roles.some(({ revisionId }) => {
    const desired = world.replicaCounts.find((row) => row.revisionId === revisionId)?.desired;
    const ordered = world.workloadStatuses.find((row) => row.revisionId === revisionId)?.wantedReplicas ?? 0;
    const present = replicas.filter((replica) => replica.revisionId === revisionId).length;
    return desired === undefined || ordered !== desired || present !== desired;
  });
}
