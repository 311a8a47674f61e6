import { type Repositories, repositories, type Transaction } from '@signalbox/db';
import {
  type Instant,
  type RevisionId,
  type RolloutId,
  type RolloutPolicy,
  type RolloutStatusDetail,
  WHOLE,
} from '@signalbox/domain';
import type { DeploymentWorld } from '../world/index.ts';
import { type ActContext, setRole } from './act/context.ts';
import { retireOthers } from './act/promote.ts';
import { supersede } from './act/supersede.ts';
import { rolloutWorld } from './observe.ts';
import { recordDecision } from './record.ts';
import { moveTraffic, Stale } from './traffic.ts';

export interface RolloutOrder {
  toRevisionId: RevisionId;
  policy: RolloutPolicy;
  author: string;
  /** `apply`, `promote`, `rollback`. */
  cause: string;
  reason: string | null;
  rolloutId: RolloutId;
  now: Instant;
}

export type RolloutStart =
  | { kind: 'started'; rolloutId: RolloutId }
  /** The same pods serve it already: only the revision's name changed. */
  | { kind: 'adopted' };

/** The row that traffic is locked by exists before the first rollout of a deployment. */
export async function ensureTraffic(
  tx: Transaction,
  deployment: Pick<DeploymentWorld['deployment'], 'id' | 'projectId'>,
  now: Instant,
): Promise<void> {
  await repositories(tx).deploymentTraffic.insert({
    deploymentId: deployment.id,
    projectId: deployment.projectId,
    stableRevisionId: null,
    formerRevisionId: null,
    keepWarmUntil: null,
    split: [],
    updatedAt: now,
  });
}

/**
 * Starts the move to a revision, in the caller's transaction, which holds the deployment's traffic. Whatever rollout
 * was under way is superseded first.
 */
export async function startRollout(
  tx: Transaction,
  world: DeploymentWorld,
  order: RolloutOrder,
): Promise<RolloutStart> {
  const from = repositories(tx);
  const { now } = order;
  await supersedeActive(tx, from, world, order);
  const traffic = await from.deploymentTraffic.get(world.deployment.id);
  if (traffic === undefined) throw new Error(`the deployment ${world.deployment.name} has no traffic row`);
  const to = world.workloadOf(order.toRevisionId);
  if (traffic.stableRevisionId !== null && world.workloadOf(traffic.stableRevisionId) === to) {
    await moveTraffic(from, world.deployment.id, traffic, { stableRevisionId: order.toRevisionId }, now);
    await setRole({ from, world, now }, to, 'stable', WHOLE);
    await recordDecision(
      tx,
      world.deployment,
      {
        kind: 'deployment.revisionAdopted',
        actor: order.author,
        reason: order.reason ?? 'the change needs no new replicas',
        evidence: { revisionId: order.toRevisionId, cause: order.cause },
      },
      now,
    );
    return { kind: 'adopted' };
  }
  const inserted = await from.rollouts.insert(
    {
      id: order.rolloutId,
      projectId: world.deployment.projectId,
      deploymentId: world.deployment.id,
      fromRevisionId: traffic.stableRevisionId,
      toRevisionId: order.toRevisionId,
      policy: order.policy,
      author: order.author,
      cause: order.cause,
      createdAt: now,
    },
    { detail: firstDetail(now) },
  );
  if (inserted === 'duplicate') throw new Stale('another rollout was started at the same moment');
  await recordDecision(
    tx,
    world.deployment,
    {
      kind: 'rollout.started',
      actor: order.author,
      reason: order.reason ?? order.cause,
      evidence: {
        rolloutId: order.rolloutId,
        fromRevisionId: traffic.stableRevisionId,
        toRevisionId: order.toRevisionId,
        policy: order.policy,
      },
    },
    now,
  );
  return { kind: 'started', rolloutId: order.rolloutId };
}

async function supersedeActive(
  tx: Transaction,
  from: Repositories,
  world: DeploymentWorld,
  order: RolloutOrder,
): Promise<void> {
  const { rollout, traffic } = world;
  const seen = rolloutWorld(world, order.now);
  if (rollout === null || traffic === null || seen === undefined) return;
  const context: ActContext = { tx, from, world, rollout, traffic, seen, now: order.now };
  const because = order.reason ?? `a newer revision is wanted (${order.cause})`;
  await supersede(context, { actor: order.author, because, nextWorkload: world.workloadOf(order.toRevisionId) });
  // A first rollout that never served leaves nothing behind that could carry traffic.
  if (seen.from === null) await retireOthers(context, [world.workloadOf(order.toRevisionId)]);
}

export function firstDetail(now: Instant): RolloutStatusDetail {
  return {
    since: now,
    weightReachedAt: null,
    baseline: null,
    verdict: null,
    approvedBy: null,
    message: 'planning',
    because: null,
  };
}
