import { type RevisionId, WHOLE } from '@signalbox/domain';
import { recordDecision, saveStatus } from '../record.ts';
import { allTo, moveTraffic } from '../traffic.ts';
import { type ActContext, CONTROLLER, nameOf, setRole } from './context.ts';

/** The new revision becomes the stable one; the former stays warm for the promised window. */
export async function promote(context: ActContext): Promise<void> {
  const { tx, from, world, rollout, traffic, seen, now } = context;
  const keepWarm = rollout.policy.strategy !== 'rolling' || seen.goingBack;
  const keepWarmUntil = seen.from === null || !keepWarm ? null : now + rollout.policy.keepWarmMs;
  const change = {
    split: allTo(seen.to),
    stableRevisionId: rollout.toRevisionId,
    formerRevisionId: rollout.fromRevisionId ?? traffic.formerRevisionId,
    keepWarmUntil,
  };
  await moveTraffic(from, world.deployment.id, traffic, change, now);
  await setRole(context, seen.to, 'stable', WHOLE);
  const kept: RevisionId | null = keepWarm ? seen.from : null;
  if (kept !== null) await setRole(context, kept, 'warm', WHOLE);
  await retireOthers(context, [seen.to, kept]);
  const message = 'all traffic is on the new revision';
  await saveStatus(from, rollout, { phase: 'completed', detail: { since: now, message } }, now);
  await recordDecision(
    tx,
    world.deployment,
    {
      kind: 'rollout.completed',
      actor: CONTROLLER,
      reason: `revision ${nameOf(world, rollout.toRevisionId)} is stable`,
      evidence: { rolloutId: rollout.id, former: nameOf(world, rollout.fromRevisionId), keepWarmUntil },
    },
    now,
  );
}

/** Revisions kept from earlier rollouts that are neither stable nor the way back any more. */
export async function retireOthers(
  context: Pick<ActContext, 'from' | 'world' | 'now'>,
  kept: readonly (RevisionId | null)[],
): Promise<void> {
  for (const role of context.world.roles) {
    if (!kept.includes(role.revisionId)) await setRole(context, role.revisionId, 'retiring', 0);
  }
}
