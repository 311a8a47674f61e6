import type { GateVerdict } from '@signalbox/domain';
import { recordDecision, saveStatus } from '../record.ts';
import { type ActContext, CONTROLLER } from './context.ts';

/** Goes to the first step, to the next one, or, after the last, to promoting. */
export async function beginStep(
  context: ActContext,
  next: 'first' | 'following',
  verdict: GateVerdict | null,
): Promise<void> {
  const { tx, from, world, rollout, seen, now } = context;
  const stepIndex = next === 'first' ? 0 : seen.stepIndex + 1;
  const over = stepIndex >= seen.steps.length;
  const step = seen.steps[stepIndex];
  const message = over ? 'all steps passed' : `step ${stepIndex + 1} of ${seen.steps.length}`;
  await saveStatus(
    from,
    rollout,
    {
      phase: over ? 'promoting' : 'stepping',
      stepIndex: over ? seen.stepIndex : stepIndex,
      detail: { since: now, weightReachedAt: null, baseline: null, approvedBy: null, verdict, message },
    },
    now,
  );
  await recordDecision(
    tx,
    world.deployment,
    {
      kind: over ? 'rollout.stepsPassed' : 'rollout.stepBegun',
      actor: CONTROLLER,
      reason: message,
      evidence: { rolloutId: rollout.id, step: step ?? null, verdict },
    },
    now,
  );
}
