import type { DeploymentId, ProjectId, ReplicaId, RevisionId } from '../identity/ids.ts';
import type { Instant } from '../instant.ts';
import type { Reading } from '../reading.ts';
import type { PlacementSpec } from '../workload/placement.ts';
import type { WorkloadSpec } from '../workload/workload-spec.ts';

/** A place where replicas run. Adapters: `kubernetes`, `local`. Every method is idempotent. */
export interface Cluster {
  /**
   * Makes the workload exist with the wanted number of replicas. What already runs is never restarted: the
   * template of an existing workload does not change, only its size. `conflict` means that an object of this
   * name exists with another template (a hash collision, or someone else's object); nothing was changed.
   */
  apply(workload: Workload, replicas: number): Promise<ApplyResult>;
  /** Everything this Signalbox owns in the cluster. Unknown when the cluster does not answer. */
  observe(): Promise<Reading<ClusterObservation>>;
  /** Removes a workload and its replicas, after their drain. Removing what is gone is done. */
  remove(ref: WorkloadRef): Promise<void>;
  /**
   * Names the replicas that go first when the workload next shrinks (Kubernetes: pod-deletion-cost; local: order).
   * Called after they have drained.
   */
  preferRemoval(ref: WorkloadRef, replicas: readonly ReplicaId[]): Promise<void>;
  /** Takes the replica away and lets the cluster start another in its place. */
  restartReplica(ref: WorkloadRef, replica: ReplicaId): Promise<void>;
  capacity(): Promise<Reading<readonly NodeCapacity[]>>;
  /** Calls back soon after something changed. A hint only: may be late, doubled or lost. */
  watch(onHint: () => void): { stop(): Promise<void> };
  /** The last lines a replica's engine printed, newest last. Empty when there are none to be had. */
  logs(ref: WorkloadRef, replica: ReplicaId, lines: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** One revision on one cluster. `name` is unique in the cluster and a valid DNS label. */
export interface WorkloadRef {
  name: string;
  projectId: ProjectId;
  deploymentId: DeploymentId;
  revisionId: RevisionId;
}

export interface Workload extends WorkloadRef {
  /** Human names, for labels and messages. */
  labels: { project: string; deployment: string; revision: number; model: string; version: string };
  spec: WorkloadSpec;
  placement: PlacementSpec;
  /** Hash over spec and placement: tells drift from what we rendered. */
  specHash: string;
}

export type ApplyResult =
  | { kind: 'created' | 'resized' | 'unchanged' }
  | { kind: 'conflict'; message: string }
  /** The cluster refused the object (quota, admission, invalid field). Trying again unchanged won't help. */
  | { kind: 'refused'; message: string };

export interface ClusterObservation {
  workloads: readonly ObservedWorkload[];
}

export interface ObservedWorkload extends WorkloadRef {
  /** What the cluster was last told. */
  wantedReplicas: number;
  specHash: string;
  replicas: readonly ObservedReplica[];
  /** Fields that someone else changed, as human sentences. Shown, never fought over silently. */
  drift: readonly string[];
  /** Why the workload as a whole can't make progress (quota, image policy), in the cluster's words. */
  problem: string | null;
}

export interface ObservedReplica {
  id: ReplicaId;
  /** Pod name, or the local process' name. */
  name: string;
  phase: ReplicaPhase;
  /** `host:port` of the engine; null until it has one. */
  address: string | null;
  node: string | null;
  startedAt: Instant | null;
  /** How often the engine was restarted in place. */
  restarts: number;
  /** One sentence, from the scheduler's words to the engine's exit code; null when nothing is wrong. */
  reason: string | null;
}

/**
 * - `pending`: not placed yet (no GPU free, no node matches)
 * - `starting`: placed; image or weights load, the engine has not passed its probe
 * - `ready`: the cluster's own probe passes. Ready is not routable: that takes a generation and every live gateway
 * - `failing`: the engine crashes or its image can't be had; the cluster goes on trying
 * - `lost`: its node fell silent. It may still serve; never a cause to delete
 * - `stopping`: told to go
 */
export type ReplicaPhase = 'pending' | 'starting' | 'ready' | 'failing' | 'lost' | 'stopping';

export interface NodeCapacity {
  node: string;
  labels: Readonly<Record<string, string>>;
  gpuProduct: string | null;
  gpus: { total: number; free: number };
  ready: boolean;
}
