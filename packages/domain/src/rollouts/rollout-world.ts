import type { GatePolicy, RolloutPolicy, RolloutStep } from '../deployments/deployment-spec.ts';
import type { RevisionId } from '../identity/ids.ts';
import type { Reading } from '../reading.ts';
import type { RevisionCounts, RolloutPhase, RolloutStatusDetail } from './phase.ts';

/** Everything the rollout's next move depends on, read in one go. */
export interface RolloutWorld {
  phase: RolloutPhase;
  stepIndex: number;
  paused: boolean;
  detail: RolloutStatusDetail;
  strategy: RolloutPolicy['strategy'];
  steps: readonly RolloutStep[];
  gate: GatePolicy;
  onFailure: RolloutPolicy['onFailure'];
  provisionTimeoutMs: number;
  /** Workload revisions; `from` is null for the first rollout of a deployment. */
  from: RevisionId | null;
  to: RevisionId;
  /** A person asked to go back (`rollback`): no gate is asked on the way. */
  goingBack: boolean;
  /** The deployment wants another revision by now. */
  superseded: boolean;
  /** The oldest command that was not carried out yet. */
  command: RolloutCommand | null;
  /** Basis points the candidate has right now, and the capacity share that was ordered for it. */
  candidateWeight: number;
  candidateShare: number;
  candidate: Reading<Fleet>;
  /** Replicas that all of the traffic needs. */
  fullFleet: number;
  counts: Reading<{ candidate: RevisionCounts; stable: RevisionCounts }>;
  /** Every live gateway serves by the newest snapshot. */
  acknowledged: boolean;
}

export interface RolloutCommand {
  seq: number;
  kind: 'pause' | 'resume' | 'advance' | 'abort';
  actor: string;
  reason: string | null;
}

export interface Fleet {
  routable: number;
  /** Replicas whose engine crashes or whose image can't be had, and the most restarts among them. */
  failing: number;
  total: number;
  maxRestarts: number;
  /** Why the first replica that is not ready isn't. */
  reason: string | null;
}
