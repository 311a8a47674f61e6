import { repositories, type Transaction } from '@signalbox/db';
import {
  carryableWeight,
  type Instant,
  type RevisionId,
  type RolloutId,
  type RolloutPolicy,
  WHOLE,
} from '@signalbox/domain';
import type { DeploymentWorld, WorldTraffic } from '../world/index.ts';
import { type ActContext, nameOf, setRole } from './act/context.ts';
import { retireOthers } from './act/promote.ts';
import { rollBack } from './act/roll-back.ts';
import { rolloutWorld } from './observe.ts';
import { recordDecision } from './record.ts';
import { firstDetail, startRollout } from './start-rollout.ts';
import { allTo, moveTraffic } from './traffic.ts';

export interface RollbackOrder {
  /** Null: back to what served before. */
  toRevisionId: RevisionId | null;
  actor: string;
  reason: string | null;
  rolloutId: RolloutId;
  now: Instant;
}

export type RollbackOutcome =
  /** Traffic is on the old revision with the next snapshot. */
  | { kind: 'moved'; from: RevisionId | null; to: RevisionId }
  /** The old revision has too few replicas: a rollout without a gate brings them up first. */
  | { kind: 'provisioning'; from: RevisionId | null; to: RevisionId; rolloutId: RolloutId }
  | { kind: 'nothingToGoBackTo' };

/** In a transaction that holds the deployment's traffic: back to the stable revision mid-rollout, else to the former. */
export async function rollBackNow(
  tx: Transaction,
  world: DeploymentWorld,
  order: RollbackOrder,
): Promise<RollbackOutcome> {
  const { rollout, traffic } = world;
  if (traffic === null) return { kind: 'nothingToGoBackTo' };
  const stable = traffic.stableRevisionId;
  const target = order.toRevisionId ?? (rollout === null ? traffic.formerRevisionId : stable);
  if (target === null) return { kind: 'nothingToGoBackTo' };
  const seen = rolloutWorld(world, order.now);
  if (rollout !== null && seen !== undefined && target === stable) {
    const context: ActContext = { tx, from: repositories(tx), world, rollout, traffic, seen, now: order.now };
    // Already on its way back: asking again must not fail, and must not move anything twice.
    if (seen.phase !== 'rollingBack') {
      await rollBack(context, { actor: order.actor, because: order.reason ?? 'rolled back by hand', verdict: null });
    }
    return { kind: 'moved', from: rollout.toRevisionId, to: target };
  }
  if (target === stable) return { kind: 'moved', from: stable, to: target };
  if (rollout === null && isWarm(world, target)) return move(tx, world, traffic, target, order);
  const policy = { ...world.deployment.spec.rollout, strategy: 'blueGreen' } satisfies RolloutPolicy;
  const started = await startRollout(tx, world, {
    toRevisionId: target,
    policy,
    author: order.actor,
    cause: 'rollback',
    reason: order.reason ?? 'rolled back by hand',
    rolloutId: order.rolloutId,
    now: order.now,
  });
  if (started.kind === 'adopted') return { kind: 'moved', from: stable, to: target };
  return { kind: 'provisioning', from: stable, to: target, rolloutId: started.rolloutId };
}

/** Its routable replicas carry all of the traffic. */
function isWarm(world: DeploymentWorld, target: RevisionId): boolean {
  const routable = world.replicasOf(world.workloadOf(target)).filter((replica) => replica.traffic === 'serving');
  return carryableWeight(routable.length, world.fullFleet) === WHOLE;
}

/** One visible effect: the whole split in one snapshot. The revision that was left stays warm in its turn. */
async function move(
  tx: Transaction,
  world: DeploymentWorld,
  traffic: WorldTraffic,
  target: RevisionId,
  order: RollbackOrder,
): Promise<RollbackOutcome> {
  const from = repositories(tx);
  const { now } = order;
  const left = traffic.stableRevisionId;
  const policy = world.deployment.spec.rollout;
  const change = {
    split: allTo(world.workloadOf(target)),
    stableRevisionId: target,
    formerRevisionId: left,
    keepWarmUntil: now + policy.keepWarmMs,
  };
  await moveTraffic(from, world.deployment.id, traffic, change, now);
  const kept = left === null ? null : world.workloadOf(left);
  await setRole({ from, world, now }, world.workloadOf(target), 'stable', WHOLE);
  if (kept !== null) await setRole({ from, world, now }, kept, 'warm', WHOLE);
  await retireOthers({ from, world, now }, [world.workloadOf(target), kept]);
  await recordFinished(tx, world, left, target, order);
  return { kind: 'moved', from: left, to: target };
}

/** History shows every move of traffic, also one that took a single snapshot. */
async function recordFinished(
  tx: Transaction,
  world: DeploymentWorld,
  left: RevisionId | null,
  target: RevisionId,
  order: RollbackOrder,
): Promise<void> {
  const { rollouts, rolloutStatus } = repositories(tx);
  const { now } = order;
  const because = order.reason ?? 'rolled back by hand';
  const row = {
    id: order.rolloutId,
    projectId: world.deployment.projectId,
    deploymentId: world.deployment.id,
    fromRevisionId: left,
    toRevisionId: target,
    policy: world.deployment.spec.rollout,
    author: order.actor,
    cause: 'rollback',
    createdAt: now,
  };
  await rollouts.insert(row, { phase: 'promoting', detail: firstDetail(now) });
  const detail = { ...firstDetail(now), message: 'traffic moved back at once', because };
  await rolloutStatus.save(order.rolloutId, {
    expectedVersion: 1,
    phase: 'completed',
    stepIndex: 0,
    paused: false,
    commandSeq: 0,
    detail,
    at: now,
  });
  await recordDecision(
    tx,
    world.deployment,
    {
      kind: 'deployment.rolledBack',
      actor: order.actor,
      reason: because,
      evidence: { rolloutId: order.rolloutId, from: nameOf(world, left), to: nameOf(world, target) },
    },
    now,
  );
}
