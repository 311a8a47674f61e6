import { type Repositories, repositories, type Transaction } from '@signalbox/db';
import type { Instant, RevisionId, RevisionRole, RolloutWorld } from '@signalbox/domain';
import type { DeploymentWorld, WorldRollout, WorldTraffic } from '../../world/index.ts';
import { Stale } from '../traffic.ts';

/** The name under which controllers stand in the ledger. */
export const CONTROLLER = 'controller:rollouts';

/** What an action works with: the world it was decided on, and a transaction that holds the deployment's traffic. */
export interface ActContext {
  tx: Transaction;
  from: Repositories;
  world: DeploymentWorld;
  rollout: WorldRollout;
  traffic: WorldTraffic;
  seen: RolloutWorld;
  now: Instant;
}

/** Takes the traffic's lock and refuses to act on a world that has moved since it was read. */
export async function holdTraffic(tx: Transaction, world: DeploymentWorld): Promise<WorldTraffic> {
  const held = await repositories(tx).deploymentTraffic.lockForUpdate(world.deployment.id);
  if (held === undefined || held.version !== world.traffic?.version)
    throw new Stale('the traffic was moved by someone else');
  return world.traffic;
}

export async function setRole(
  { from, world, now }: Pick<ActContext, 'from' | 'world' | 'now'>,
  revisionId: RevisionId,
  role: RevisionRole,
  capacityShare: number,
): Promise<void> {
  await from.revisionRoles.set({ revisionId, deploymentId: world.deployment.id, role, capacityShare, updatedAt: now });
}

/** `4 (v2)`: how a revision is named in messages and evidence. */
export function nameOf(world: DeploymentWorld, id: RevisionId | null): string {
  if (id === null) return 'none';
  const revision = world.revision(id);
  return `${revision.number} (${revision.spec.version})`;
}
