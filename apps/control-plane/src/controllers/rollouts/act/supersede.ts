import { type RevisionId, WHOLE } from '@signalbox/domain';
import { recordDecision, saveStatus } from '../record.ts';
import { allTo, moveTraffic } from '../traffic.ts';
import { type ActContext, nameOf, setRole } from './context.ts';

/**
 * Ends a rollout because something newer takes over: its traffic goes back to the old revision, its capacity goes,
 * unless the newer one wants the very same workload.
 */
export async function supersede(
  context: ActContext,
  cause: { actor: string; because: string; nextWorkload: RevisionId | null },
): Promise<void> {
  const { tx, from, world, rollout, traffic, seen, now } = context;
  if (seen.phase !== 'rollingBack' && seen.candidateWeight > 0 && seen.from !== null) {
    await moveTraffic(from, world.deployment.id, traffic, { split: allTo(seen.from) }, now);
  }
  if (seen.from !== null) await setRole(context, seen.from, 'stable', WHOLE);
  const known = world.roles.some((role) => role.revisionId === seen.to);
  if (known && seen.to !== cause.nextWorkload && seen.to !== seen.from) await setRole(context, seen.to, 'retiring', 0);
  await saveStatus(
    from,
    rollout,
    { phase: 'superseded', paused: false, detail: { since: now, message: 'superseded', because: cause.because } },
    now,
  );
  await recordDecision(
    tx,
    world.deployment,
    {
      kind: 'rollout.superseded',
      actor: cause.actor,
      reason: cause.because,
      evidence: { rolloutId: rollout.id, revision: nameOf(world, rollout.toRevisionId), phase: seen.phase },
    },
    now,
  );
}
