import type { ApiResponse } from '@signalbox/contracts';
import type { Revision, RolloutWithStatus } from '@signalbox/db';
import {
  type GateVerdict,
  type RevisionCounts,
  type RolloutStep,
  stepsOf,
  type TrafficSplit,
  ttftQuantile,
  WHOLE,
} from '@signalbox/domain';
import { iso, isoOrNull } from '../instants.ts';
import { revisionName } from './revision-names.ts';

type Detail = NonNullable<ApiResponse<'getRollout'>['rollout']>;
export type RolloutSummaryView = NonNullable<ApiResponse<'pauseRollout'>['rollout']>;

export interface RolloutInputs {
  rollout: RolloutWithStatus;
  /** Both ends of the rollout, at least. */
  revisions: readonly Revision[];
  split: TrafficSplit;
}

export function rolloutSummary({ rollout: { rollout, status }, revisions, split }: RolloutInputs): RolloutSummaryView {
  const from = revisions.find(({ id }) => id === rollout.fromRevisionId);
  const to = revisions.find(({ id }) => id === rollout.toRevisionId);
  if (to === undefined) throw new Error(`rollout ${rollout.id} was read without its revision`);
  const weight = split.find(({ revisionId }) => revisionId === to.workloadRevisionId)?.weight ?? 0;
  return {
    id: rollout.id,
    from: from === undefined ? null : revisionName(from),
    to: revisionName(to),
    phase: status.phase,
    active: status.active,
    paused: status.paused,
    step: { index: status.stepIndex, count: stepsOfRollout(rollout).length },
    percent: (weight * 100) / WHOLE,
    message: status.detail.message,
    because: status.detail.because,
    author: rollout.author,
    cause: rollout.cause,
    createdAt: iso(rollout.createdAt),
    updatedAt: iso(status.updatedAt),
    finishedAt: isoOrNull(status.finishedAt),
  };
}

export function rolloutDetail(inputs: RolloutInputs): Detail {
  const { rollout, status } = inputs.rollout;
  const { policy } = rollout;
  const { detail } = status;
  return {
    ...rolloutSummary(inputs),
    strategy: policy.strategy,
    onFailure: policy.onFailure,
    keepWarmMs: policy.keepWarmMs,
    steps: stepsOfRollout(rollout).map((step, index) => stepView(step, index, inputs.rollout)),
    since: iso(detail.since),
    weightReachedAt: isoOrNull(detail.weightReachedAt),
    approvedBy: detail.approvedBy,
    verdict: detail.verdict === null ? null : verdictView(detail.verdict),
  };
}

function stepsOfRollout({ policy, fromRevisionId }: RolloutWithStatus['rollout']): readonly RolloutStep[] {
  return stepsOf(policy, fromRevisionId === null);
}

function stepView(step: RolloutStep, index: number, rollout: RolloutWithStatus): Detail['steps'][number] {
  return {
    index,
    kind: step.kind,
    percent: step.kind === 'weight' ? step.percent : null,
    forMs: step.kind === 'approval' ? null : step.forMs,
    role: step.kind === 'approval' ? step.role : null,
    state: stateOf(index, rollout.status),
  };
}

function stateOf(index: number, { phase, stepIndex }: RolloutWithStatus['status']): 'done' | 'current' | 'todo' {
  if (phase === 'promoting' || phase === 'completed') return 'done';
  if (phase === 'planning' || phase === 'provisioning') return 'todo';
  if (index !== stepIndex) return index < stepIndex ? 'done' : 'todo';
  return phase === 'stepping' ? 'current' : 'todo';
}

function verdictView({ kind, because, inputs }: GateVerdict): NonNullable<Detail['verdict']> {
  return {
    kind,
    because,
    at: iso(inputs.at),
    candidate: evidence(inputs.candidate),
    stable: evidence(inputs.stable),
  };
}

function evidence({ requests, errors, ttftCounts }: RevisionCounts) {
  return {
    requests,
    errors,
    errorRate: requests === 0 ? null : errors / requests,
    ttftP95Ms: ttftQuantile(ttftCounts, 0.95),
  };
}
