import { type Database, repositories } from '@signalbox/db';
import type { Instant } from '@signalbox/domain';
import { after, done, type Outcome } from '../loop/index.ts';
import type { DeploymentWorld } from '../world/index.ts';
import { CONTROLLER, holdTraffic, setRole } from './act/context.ts';
import { recordChange, recordDecision } from './record.ts';
import { moveTraffic, Stale } from './traffic.ts';

/** What is left to do when no rollout is under way: end the warm window, forget what is gone, finish a deletion. */
export async function tidy(db: Database, world: DeploymentWorld, now: Instant): Promise<Outcome | 'again'> {
  try {
    if (world.deployment.deletedAt !== null) return await finishDeletion(db, world, now);
    const gone = goneRoles(world);
    if (gone.length > 0) {
      await forget(db, world, gone, now);
      return 'again';
    }
    return await endWarmth(db, world, now);
  } catch (error) {
    if (error instanceof Stale) return 'again';
    throw error;
  }
}

/** Retired revisions whose cluster confirms that nothing of them is left. An unknown cluster confirms nothing. */
function goneRoles(world: DeploymentWorld): DeploymentWorld['roles'] {
  return world.roles.filter(({ revisionId, role }) => {
    const seen = world.observationOf(revisionId);
    if (role !== 'retiring' || seen.kind === 'unknown') return false;
    const left = world.replicas.some((replica) => replica.revisionId === revisionId);
    const exists = seen.value.workloads.some((workload) => workload.revisionId === revisionId);
    return !left && !exists && (world.desired.get(revisionId) ?? 0) === 0;
  });
}

async function forget(
  db: Database,
  world: DeploymentWorld,
  roles: DeploymentWorld['roles'],
  now: Instant,
): Promise<void> {
  await db.transaction(async (tx) => {
    const { revisionRoles, replicaCounts, workloadStatus } = repositories(tx);
    for (const { revisionId } of roles) {
      await revisionRoles.remove(revisionId);
      await replicaCounts.remove(revisionId);
      await workloadStatus.remove(revisionId);
    }
    await recordChange(tx, world.deployment, 'a retired revision is gone', now);
  });
}

async function endWarmth(db: Database, world: DeploymentWorld, now: Instant): Promise<Outcome | 'again'> {
  const until = world.traffic?.keepWarmUntil ?? null;
  const warm = world.roles.filter((role) => role.role === 'warm');
  if (until === null || warm.length === 0) return done;
  if (until > now) return after(Math.min(until - now, 60_000));
  await db.transaction(async (tx) => {
    const traffic = await holdTraffic(tx, world);
    const from = repositories(tx);
    for (const role of warm) await setRole({ from, world, now }, role.revisionId, 'retiring', 0);
    await moveTraffic(from, world.deployment.id, traffic, { keepWarmUntil: null }, now);
    await recordDecision(
      tx,
      world.deployment,
      {
        kind: 'deployment.warmWindowEnded',
        actor: CONTROLLER,
        reason: 'the former revision was kept warm for as long as promised',
        evidence: { revisions: warm.map((role) => role.revisionId) },
      },
      now,
    );
  });
  return 'again';
}

async function finishDeletion(db: Database, world: DeploymentWorld, now: Instant): Promise<Outcome | 'again'> {
  const serving = (world.traffic?.split.length ?? 0) > 0;
  const staying = world.roles.filter((role) => role.role !== 'retiring');
  if (serving || staying.length > 0) {
    await db.transaction(async (tx) => {
      const from = repositories(tx);
      const traffic = await holdTraffic(tx, world);
      for (const role of staying) await setRole({ from, world, now }, role.revisionId, 'retiring', 0);
      await moveTraffic(from, world.deployment.id, traffic, { split: [], keepWarmUntil: null }, now);
      await recordChange(tx, world.deployment, 'the deployment drains before it goes', now);
    });
    return 'again';
  }
  const gone = goneRoles(world);
  if (gone.length < world.roles.length) return after(1_000);
  await db.transaction(async (tx) => {
    const from = repositories(tx);
    await from.deployments.remove(world.deployment.id);
    await recordDecision(
      tx,
      world.deployment,
      { kind: 'deployment.removed', actor: CONTROLLER, reason: 'nothing of it is left', evidence: {} },
      now,
    );
  });
  return done;
}
