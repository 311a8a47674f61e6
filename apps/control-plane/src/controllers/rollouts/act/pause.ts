import type { GateVerdict } from '@signalbox/domain';
import { recordDecision, saveStatus } from '../record.ts';
import { type ActContext, CONTROLLER } from './context.ts';

/** `onFailure: pause`: a person decides. Traffic stays where it is. */
export async function pause(context: ActContext, because: string, verdict: GateVerdict | null): Promise<void> {
  const { tx, from, world, rollout, now } = context;
  await saveStatus(from, rollout, { paused: true, detail: { message: `paused: ${because}`, because, verdict } }, now);
  await recordDecision(
    tx,
    world.deployment,
    { kind: 'rollout.paused', actor: CONTROLLER, reason: because, evidence: { rolloutId: rollout.id, verdict } },
    now,
  );
}
