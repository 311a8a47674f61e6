import type { Revision, Transaction } from '@signalbox/db';
import type { ClusterId, DeploymentId, ProjectId, ReplicaId, RevisionId, WorkloadRef } from '@signalbox/domain';

/** A deployment wants another revision from now on. */
export interface TargetChange {
  projectId: ProjectId;
  deploymentId: DeploymentId;
  /** The revision of the spec, which may share the pods of an earlier one. */
  revisionId: RevisionId;
  author: string;
  /** `apply`, `promote`. */
  cause: string;
  reason: string | null;
}

export interface RolloutStarter {
  /**
   * Called in the transaction that changed the spec. Starts the rollout that the policy describes, or lets the one
   * under way be superseded. An error named `Stale` has the whole transaction run again.
   */
  targetChanged(tx: Transaction, change: TargetChange): Promise<void>;
}

export interface RolloutCommandRequest {
  projectId: ProjectId;
  deploymentId: DeploymentId;
  /** For messages. */
  name: string;
  kind: 'pause' | 'resume' | 'advance' | 'abort';
  actor: string;
  reason: string | null;
}

export interface RollbackRequest {
  projectId: ProjectId;
  deploymentId: DeploymentId;
  name: string;
  /** Null: the revision that served before. */
  to: Revision | null;
  actor: string;
  reason: string | null;
  /** How long to wait for gateways' acknowledgements. */
  waitMs: number;
  signal: AbortSignal;
}

export interface RollbackOutcome {
  from: RevisionId | null;
  to: RevisionId;
  kind: 'moved' | 'provisioning';
  /** Null when no traffic was moved yet. */
  snapshot: { epoch: number; number: number } | null;
  /** Until the last live gateway acknowledged; null when one did not in time. */
  acknowledgedMs: number | null;
  gateways: readonly { id: string; acknowledgedMs: number | null }[];
  message: string;
}

/** What people may ask of rollouts. Refusals are errors of the catalogue. */
export interface Rollouts extends RolloutStarter {
  /** Notes the command for the controller. Answers with what will happen. */
  command(request: RolloutCommandRequest): Promise<{ message: string }>;
  /** Moves traffic before it answers, where the revision's replicas are there to take it. */
  rollback(request: RollbackRequest): Promise<RollbackOutcome>;
}

export interface Restarts {
  /** Has every replica that runs now replaced, one after the other. Answers how many there are. */
  restart(request: {
    projectId: ProjectId;
    deploymentId: DeploymentId;
    actor: string;
    reason: string | null;
  }): Promise<{
    replicas: number;
  }>;
}

export interface ReplicaLogs {
  /** Throws when the cluster does not answer. */
  read(request: {
    clusterId: ClusterId;
    ref: WorkloadRef;
    replica: ReplicaId;
    lines: number;
  }): Promise<readonly string[]>;
}
