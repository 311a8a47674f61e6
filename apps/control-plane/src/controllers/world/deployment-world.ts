import type {
  ClusterId,
  ClusterObservation,
  DeploymentId,
  DeploymentSpec,
  GatewayView,
  Instant,
  PlacementSpec,
  ProjectId,
  Reading,
  ReplicaId,
  ReplicaPhase,
  ReplicaTraffic,
  RevisionCounts,
  RevisionId,
  RevisionRole,
  RolloutCommand,
  RolloutId,
  RolloutPhase,
  RolloutPolicy,
  RolloutStatusDetail,
  TrafficSplit,
  WorkloadSpec,
} from '@signalbox/domain';

/** Everything a deployment's controllers look at, read once per pass. */
export interface DeploymentWorld {
  deployment: {
    id: DeploymentId;
    projectId: ProjectId;
    project: string;
    name: string;
    spec: DeploymentSpec;
    deletedAt: Instant | null;
  };
  traffic: WorldTraffic | null;
  /** The rollout under way. */
  rollout: WorldRollout | null;
  commands: readonly RolloutCommand[];
  roles: readonly { revisionId: RevisionId; role: RevisionRole; capacityShare: number }[];
  /** Replicas ordered per workload revision. */
  desired: ReadonlyMap<RevisionId, number>;
  override: number | null;
  restartBefore: Instant | null;
  /** Replicas that all of the traffic needs. */
  fullFleet: number;
  replicas: readonly WorldReplica[];
  counts: ReadonlyMap<RevisionId, RevisionCounts>;
  gateways: readonly WorldGateway[];
  revision(id: RevisionId): WorldRevision;
  /** The revision whose pods serve this one. */
  workloadOf(id: RevisionId): RevisionId;
  /** What the revision's cluster last said. */
  observationOf(id: RevisionId): Reading<ClusterObservation>;
  /** What keeps the whole workload from going on, in the cluster's words. */
  problemOf(id: RevisionId): string | null;
}

export interface WorldTraffic {
  stableRevisionId: RevisionId | null;
  formerRevisionId: RevisionId | null;
  keepWarmUntil: Instant | null;
  split: TrafficSplit;
  version: number;
}

export interface WorldRollout {
  id: RolloutId;
  fromRevisionId: RevisionId | null;
  toRevisionId: RevisionId;
  policy: RolloutPolicy;
  author: string;
  cause: string;
  status: {
    phase: RolloutPhase;
    stepIndex: number;
    paused: boolean;
    detail: RolloutStatusDetail;
    commandSeq: number;
    version: number;
  };
}

export interface WorldReplica {
  id: ReplicaId;
  revisionId: RevisionId;
  name: string;
  phase: ReplicaPhase;
  address: string | null;
  node: string | null;
  reason: string | null;
  restarts: number;
  startedAt: Instant | null;
  provenAt: Instant | null;
  proofError: string | null;
  traffic: ReplicaTraffic;
  trafficSince: Instant;
}

export interface WorldRevision {
  id: RevisionId;
  number: number;
  workloadRevisionId: RevisionId;
  workloadName: string;
  workloadHash: string;
  clusterId: ClusterId;
  workload: WorkloadSpec;
  placement: PlacementSpec;
  spec: DeploymentSpec;
}

export interface WorldGateway extends GatewayView {
  id: string;
  lastSeenAt: Instant;
}
