import type { Repositories, Transaction } from '@signalbox/db';
import { repositories } from '@signalbox/db';
import type { Instant, RolloutPhase, RolloutStatusDetail } from '@signalbox/domain';
import { NEXT_PHASES } from '@signalbox/domain';
import type { DeploymentWorld, WorldRollout } from '../world/index.ts';
import { Stale } from './traffic.ts';

export interface StatusChange {
  phase?: RolloutPhase;
  stepIndex?: number;
  paused?: boolean;
  commandSeq?: number;
  detail: Partial<RolloutStatusDetail>;
}

/** Stores where the rollout is now, compare-and-set; refuses a phase that may not follow. */
export async function saveStatus(
  { rolloutStatus }: Pick<Repositories, 'rolloutStatus'>,
  rollout: WorldRollout,
  change: StatusChange,
  at: Instant,
): Promise<void> {
  const { status } = rollout;
  const phase = change.phase ?? status.phase;
  const allowed: readonly RolloutPhase[] = NEXT_PHASES[status.phase];
  if (phase !== status.phase && !allowed.includes(phase)) {
    throw new Error(`a rollout that is ${status.phase} cannot become ${phase}`);
  }
  const saved = await rolloutStatus.save(rollout.id, {
    expectedVersion: status.version,
    phase,
    stepIndex: change.stepIndex ?? status.stepIndex,
    paused: change.paused ?? status.paused,
    commandSeq: change.commandSeq ?? status.commandSeq,
    detail: { ...status.detail, ...change.detail },
    at,
  });
  if (!saved) throw new Stale('the rollout was moved by someone else');
}

export interface Decision {
  kind: string;
  actor: string;
  reason: string | null;
  evidence: Readonly<Record<string, unknown>>;
}

/** Ledger entry and change event; the transaction's last statements, since both take locks on their order. */
export async function recordDecision(
  tx: Transaction,
  deployment: Pick<DeploymentWorld['deployment'], 'id' | 'projectId' | 'project' | 'name'>,
  decision: Decision,
  at: Instant,
): Promise<void> {
  const { ledger } = repositories(tx);
  await ledger.append({
    projectId: deployment.projectId,
    project: deployment.project,
    at,
    actor: decision.actor,
    kind: decision.kind,
    subjectKind: 'Deployment',
    subjectName: deployment.name,
    subjectId: deployment.id,
    reason: decision.reason,
    evidence: decision.evidence,
  });
  await recordChange(tx, deployment, decision.reason ?? decision.kind, at);
}

/** Tells watchers that the deployment's status moved. */
export async function recordChange(
  tx: Transaction,
  deployment: Pick<DeploymentWorld['deployment'], 'id' | 'projectId' | 'name'>,
  message: string,
  at: Instant,
): Promise<void> {
  await repositories(tx).changes.append({
    projectId: deployment.projectId,
    kind: 'Deployment',
    objectId: deployment.id,
    name: deployment.name,
    change: 'status',
    message,
    at,
  });
}
