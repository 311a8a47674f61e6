import { NO_COUNTS, WHOLE } from '@signalbox/domain';
import { recordDecision, saveStatus } from '../record.ts';
import { moveTraffic, splitBetween } from '../traffic.ts';
import { type ActContext, CONTROLLER, nameOf, setRole } from './context.ts';

/** Gives the candidate this weight: up to the step's, or down to what its routable replicas still carry. */
export async function shiftTraffic(context: ActContext, weight: number, reached: boolean): Promise<void> {
  const { tx, from, world, rollout, traffic, seen, now } = context;
  const counts = seen.counts.kind === 'known' ? seen.counts.value : { candidate: NO_COUNTS, stable: NO_COUNTS };
  const message = reached
    ? `${weight / 100} % of the traffic`
    : `held at ${weight / 100} %: that is what its replicas carry`;
  if (seen.candidateWeight !== weight) {
    await moveTraffic(from, world.deployment.id, traffic, { split: splitBetween(seen.to, seen.from, weight) }, now);
  }
  // Rolling frees the old revision's capacity as it goes; the other strategies keep it whole until the end.
  if (reached && seen.strategy === 'rolling' && seen.from !== null && !seen.goingBack) {
    await setRole(context, seen.from, 'stable', WHOLE - weight);
  }
  await saveStatus(
    from,
    rollout,
    {
      // What was lost has its own time to come back, however long the step has held already.
      detail: { message, ...(reached ? { weightReachedAt: now, baseline: counts } : { since: now }) },
    },
    now,
  );
  await recordDecision(
    tx,
    world.deployment,
    {
      kind: 'rollout.trafficShifted',
      actor: CONTROLLER,
      reason: `revision ${nameOf(world, rollout.toRevisionId)}: ${message}`,
      evidence: { rolloutId: rollout.id, weight, from: seen.candidateWeight, candidate: seen.candidate },
    },
    now,
  );
}
