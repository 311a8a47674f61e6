import { assertNever, type RolloutCommand } from '@signalbox/domain';
import { recordDecision, type StatusChange, saveStatus } from '../record.ts';
import { type ActContext, nameOf } from './context.ts';
import { rollBack } from './roll-back.ts';

/** Carries out what a person asked for, once: the command's number is stored with its effect. */
export async function obey(context: ActContext, command: RolloutCommand): Promise<void> {
  const { tx, from, world, rollout, now } = context;
  const commandSeq = command.seq;
  if (command.kind === 'abort') {
    const because = command.reason ?? 'aborted by hand';
    const numbered = { ...context, rollout: { ...rollout, status: { ...rollout.status, commandSeq } } };
    return rollBack(numbered, { actor: command.actor, because, verdict: null });
  }
  await saveStatus(from, rollout, { commandSeq, ...change(context, command) }, now);
  await recordDecision(
    tx,
    world.deployment,
    {
      kind: `rollout.${command.kind}`,
      actor: command.actor,
      reason: command.reason ?? `${command.kind} by hand`,
      evidence: {
        rolloutId: rollout.id,
        revision: nameOf(world, rollout.toRevisionId),
        stepIndex: rollout.status.stepIndex,
      },
    },
    now,
  );
}

function change(context: ActContext, command: RolloutCommand): StatusChange {
  const { seen, now } = context;
  switch (command.kind) {
    case 'pause':
      return { paused: true, detail: { message: `paused by ${command.actor}` } };
    case 'resume':
      // A pause is nobody's delay: bounds on provisioning start over.
      return { paused: false, detail: { since: now, message: `resumed by ${command.actor}` } };
    case 'advance': {
      const message = `advanced by ${command.actor}`;
      // An earlier advance may have passed the step already: only one that is under way can be ended.
      if (seen.phase !== 'stepping') return { detail: { message } };
      if (seen.steps[seen.stepIndex]?.kind === 'approval') {
        return { paused: false, detail: { approvedBy: command.actor, message: `approved by ${command.actor}` } };
      }
      const last = seen.stepIndex + 1 >= seen.steps.length;
      return {
        phase: last ? 'promoting' : 'stepping',
        stepIndex: last ? seen.stepIndex : seen.stepIndex + 1,
        paused: false,
        detail: { since: now, weightReachedAt: null, baseline: null, approvedBy: null, message },
      };
    }
    case 'abort':
      return { detail: {} };
    default:
      return assertNever(command.kind);
  }
}
