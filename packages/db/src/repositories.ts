import type { Handle } from './database.ts';
import { guarded } from './outcomes.ts';
import { apiTokenRepository } from './repositories/api-tokens.ts';
import { appliedObjectRepository } from './repositories/applied-objects.ts';
import { changeRepository } from './repositories/changes.ts';
import { clusterStatusRepository } from './repositories/cluster-status.ts';
import { clusterRepository } from './repositories/clusters.ts';
import { consumerKeyRepository } from './repositories/consumer-keys.ts';
import { deploymentScaleRepository } from './repositories/deployment-scale.ts';
import { deploymentTrafficRepository } from './repositories/deployment-traffic.ts';
import { deploymentRepository } from './repositories/deployments.ts';
import { gatewayRepository } from './repositories/gateways.ts';
import { idempotencyRepository } from './repositories/idempotency.ts';
import { leaseRepository } from './repositories/leases.ts';
import { ledgerRepository } from './repositories/ledger.ts';
import { modelVersionRepository } from './repositories/model-versions.ts';
import { modelRepository } from './repositories/models.ts';
import { poolRepository } from './repositories/pools.ts';
import { projectRepository } from './repositories/projects.ts';
import { reconcileRepository } from './repositories/reconciles.ts';
import { replicaCountRepository } from './repositories/replica-counts.ts';
import { replicaRepository } from './repositories/replicas.ts';
import { restartRequestRepository } from './repositories/restart-requests.ts';
import { revisionRoleRepository } from './repositories/revision-roles.ts';
import { revisionStatsRepository } from './repositories/revision-stats.ts';
import { revisionRepository } from './repositories/revisions.ts';
import { rolloutCommandRepository } from './repositories/rollout-commands.ts';
import { rolloutStatusRepository } from './repositories/rollout-status.ts';
import { rolloutRepository } from './repositories/rollouts.ts';
import { routeRepository } from './repositories/routes.ts';
import { scaleOverrideRepository } from './repositories/scale-overrides.ts';
import { snapshotStateRepository } from './repositories/snapshot-state.ts';
import { usageRepository } from './repositories/usage.ts';
import { workloadStatusRepository } from './repositories/workload-status.ts';

/** All repositories on one handle. Cheap: make them anew for every transaction. */
export function repositories(handle: Handle) {
  return {
    projects: guarded(projectRepository(handle)),
    clusters: guarded(clusterRepository(handle)),
    clusterStatus: guarded(clusterStatusRepository(handle)),
    pools: guarded(poolRepository(handle)),
    models: guarded(modelRepository(handle)),
    modelVersions: guarded(modelVersionRepository(handle)),
    deployments: guarded(deploymentRepository(handle)),
    revisions: guarded(revisionRepository(handle)),
    routes: guarded(routeRepository(handle)),
    appliedObjects: guarded(appliedObjectRepository(handle)),
    apiTokens: guarded(apiTokenRepository(handle)),
    consumerKeys: guarded(consumerKeyRepository(handle)),
    idempotency: guarded(idempotencyRepository(handle)),
    leases: guarded(leaseRepository(handle)),
    changes: guarded(changeRepository(handle)),
    ledger: guarded(ledgerRepository(handle)),
    snapshotState: guarded(snapshotStateRepository(handle)),
    reconciles: guarded(reconcileRepository(handle)),
    deploymentTraffic: guarded(deploymentTrafficRepository(handle)),
    rollouts: guarded(rolloutRepository(handle)),
    rolloutStatus: guarded(rolloutStatusRepository(handle)),
    rolloutCommands: guarded(rolloutCommandRepository(handle)),
    revisionRoles: guarded(revisionRoleRepository(handle)),
    replicaCounts: guarded(replicaCountRepository(handle)),
    deploymentScale: guarded(deploymentScaleRepository(handle)),
    restartRequests: guarded(restartRequestRepository(handle)),
    scaleOverrides: guarded(scaleOverrideRepository(handle)),
    workloadStatus: guarded(workloadStatusRepository(handle)),
    replicas: guarded(replicaRepository(handle)),
    gateways: guarded(gatewayRepository(handle)),
    revisionStats: guarded(revisionStatsRepository(handle)),
    usage: guarded(usageRepository(handle)),
  };
}

export type Repositories = ReturnType<typeof repositories>;
