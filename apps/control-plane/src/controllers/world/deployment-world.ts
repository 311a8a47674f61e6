import type {
  DeploymentWorld as DeploymentRows,
  DeploymentTraffic,
  Replica,
  Revision,
  RolloutStatus,
  WorkloadStatus,
} from '@signalbox/db';
import type {
  ClusterObservation,
  DeploymentId,
  DeploymentSpec,
  GatewayView,
  Instant,
  ProjectId,
  Reading,
  RevisionCounts,
  RevisionId,
  RevisionRole,
  RolloutCommand,
  RolloutId,
  RolloutPolicy,
} from '@signalbox/domain';

/** Everything a deployment's controllers look at, read once per pass. */
export class DeploymentWorld {
  readonly deployment: WorldDeployment;
  readonly traffic: WorldTraffic | null;
  /** The rollout under way. */
  readonly rollout: WorldRollout | null;
  readonly commands: readonly RolloutCommand[];
  readonly roles: readonly WorldRole[];
  /** Replicas ordered per workload revision. */
  readonly desired: ReadonlyMap<RevisionId, number>;
  readonly override: number | null;
  /** Replicas that all of the traffic needs, however a rollout divides them. */
  readonly fullFleet: number;
  /** Null before the scaling controller decided for the first time. */
  readonly scale: number | null;
  readonly restartBefore: Instant | null;
  readonly replicas: readonly Replica[];
  readonly counts: ReadonlyMap<RevisionId, RevisionCounts>;
  readonly gateways: readonly WorldGateway[];
  readonly #revisions: ReadonlyMap<RevisionId, Revision>;
  readonly #observe: (revision: RevisionId) => Reading<ClusterObservation>;
  readonly #statuses: ReadonlyMap<RevisionId, WorkloadStatus>;

  constructor(
    rows: DeploymentRows,
    beside: { gateways: readonly WorldGateway[]; scale: number | null; restartBefore: Instant | null },
    observe: (revision: RevisionId) => Reading<ClusterObservation>,
  ) {
    const { id, projectId, name, spec, deletedAt } = rows.deployment;
    this.deployment = { id, projectId, project: rows.project, name, spec, deletedAt };
    this.traffic = rows.traffic ?? null;
    this.rollout = rows.rollout === undefined ? null : { ...rows.rollout.rollout, status: rows.rollout.status };
    this.commands = rows.rollout?.commands ?? [];
    this.roles = rows.roles;
    this.desired = new Map(rows.replicaCounts.map((row) => [row.revisionId, row.desired]));
    this.override = rows.scaleOverride?.replicas ?? null;
    this.scale = beside.scale;
    this.fullFleet = Math.max(1, beside.scale ?? this.override ?? spec.scaling.min);
    this.restartBefore = beside.restartBefore;
    this.replicas = rows.replicas;
    this.counts = new Map(rows.stats.map((row) => [row.revisionId, row.counts]));
    this.gateways = beside.gateways;
    this.#revisions = new Map(rows.revisions.map((row) => [row.id, row]));
    this.#observe = observe;
    this.#statuses = new Map(rows.workloadStatuses.map((row) => [row.revisionId, row]));
  }

  revision(id: RevisionId): Revision {
    const found = this.#revisions.get(id);
    if (found === undefined) throw new Error(`revision ${id} is missing from what was read of ${this.deployment.name}`);
    return found;
  }

  /** The revision whose pods serve this one. */
  workloadOf(id: RevisionId): RevisionId {
    return this.revision(id).workloadRevisionId;
  }

  replicasOf(workload: RevisionId): readonly Replica[] {
    return this.replicas.filter((replica) => replica.revisionId === workload);
  }

  /** What the revision's cluster last said. */
  observationOf(id: RevisionId): Reading<ClusterObservation> {
    return this.#observe(id);
  }

  /** What is stored of this workload, with when it was seen: an older look than that must not be stored again. */
  storedStatus(id: RevisionId): WorkloadStatus | undefined {
    return this.#statuses.get(id);
  }

  /** What keeps the whole workload from going on, in the cluster's words. */
  problemOf(id: RevisionId): string | null {
    const seen = this.observationOf(id);
    if (seen.kind === 'unknown') return null;
    return seen.value.workloads.find((workload) => workload.revisionId === id)?.problem ?? null;
  }
}

export interface WorldDeployment {
  id: DeploymentId;
  projectId: ProjectId;
  project: string;
  name: string;
  spec: DeploymentSpec;
  deletedAt: Instant | null;
}

export type WorldTraffic = Pick<
  DeploymentTraffic,
  'stableRevisionId' | 'formerRevisionId' | 'keepWarmUntil' | 'split' | 'version'
>;

export interface WorldRole {
  revisionId: RevisionId;
  role: RevisionRole;
  capacityShare: number;
}

export interface WorldRollout {
  id: RolloutId;
  fromRevisionId: RevisionId | null;
  toRevisionId: RevisionId;
  policy: RolloutPolicy;
  author: string;
  cause: string;
  status: RolloutStatus;
}

export interface WorldGateway extends GatewayView {
  id: string;
  lastSeenAt: Instant;
  /** Requests in flight per route. */
  routes: ReadonlyMap<string, number>;
}
