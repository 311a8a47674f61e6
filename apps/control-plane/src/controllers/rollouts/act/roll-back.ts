import { type GateVerdict, WHOLE } from '@signalbox/domain';
import { recordDecision, saveStatus } from '../record.ts';
import { allTo, moveTraffic } from '../traffic.ts';
import { type ActContext, CONTROLLER, nameOf, setRole } from './context.ts';

export interface RollBackCause {
  actor: string;
  because: string;
  verdict: GateVerdict | null;
}

/** Traffic first: all of it to the old revision. Capacity follows once gateways have acknowledged. */
export async function rollBack(context: ActContext, cause: RollBackCause): Promise<void> {
  const { tx, from, world, rollout, traffic, seen, now } = context;
  const split = seen.from === null ? [] : allTo(seen.from);
  await moveTraffic(from, world.deployment.id, traffic, { split }, now);
  if (seen.from !== null) await setRole(context, seen.from, 'stable', WHOLE);
  await saveStatus(
    from,
    rollout,
    {
      phase: 'rollingBack',
      paused: false,
      detail: {
        since: now,
        message: 'traffic is back; gateways acknowledge',
        because: cause.because,
        verdict: cause.verdict,
      },
    },
    now,
  );
  await recordDecision(
    tx,
    world.deployment,
    {
      kind: 'rollout.rolledBack',
      actor: cause.actor,
      reason: cause.because,
      evidence: {
        rolloutId: rollout.id,
        from: nameOf(world, rollout.toRevisionId),
        to: nameOf(world, rollout.fromRevisionId),
        phase: seen.phase,
        stepIndex: seen.stepIndex,
        verdict: cause.verdict,
      },
    },
    now,
  );
}

/** Every live gateway has let go: now the capacity goes too. */
export async function finishRollBack(context: ActContext): Promise<void> {
  const { tx, from, world, rollout, seen, now } = context;
  await setRole(context, seen.to, 'retiring', 0);
  await saveStatus(from, rollout, { phase: 'rolledBack', detail: { since: now, message: 'rolled back' } }, now);
  await recordDecision(
    tx,
    world.deployment,
    {
      kind: 'rollout.rollBackFinished',
      actor: CONTROLLER,
      reason: `every live gateway serves revision ${nameOf(world, rollout.fromRevisionId)}`,
      evidence: { rolloutId: rollout.id, gateways: world.gateways.map(({ id, live }) => ({ id, live })) },
    },
    now,
  );
}
