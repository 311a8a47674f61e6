import { type Database, deploymentWorlds, repositories } from '@signalbox/db';
import type { DeploymentId, Instant } from '@signalbox/domain';
import { needsAttention } from './needs-attention.ts';

/** Deployments whose rows are read in one go: bounds memory, not work. */
const AT_ONCE = 200;

/** Every deployment whose controllers have something to do, found by looking at all of them. */
export async function unsettledDeployments(db: Database, now: Instant): Promise<readonly DeploymentId[]> {
  const ids = await repositories(db).deployments.listIds();
  const found: DeploymentId[] = [];
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const worlds = await deploymentWorlds(db, ids.slice(from, from + AT_ONCE));
    for (const [id, world] of worlds) if (needsAttention(world, now)) found.push(id);
  }
  return found;
}
