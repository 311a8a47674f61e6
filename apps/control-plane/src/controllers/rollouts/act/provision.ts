import { recordDecision, saveStatus } from '../record.ts';
import { type ActContext, CONTROLLER, nameOf, setRole } from './context.ts';

/** Notes that the candidate must exist and how much it must carry; scaling and workloads do the rest. */
export async function provision(context: ActContext, share: number): Promise<void> {
  const { tx, from, world, rollout, seen, now } = context;
  await setRole(context, seen.to, 'candidate', share);
  const begins = seen.phase === 'planning';
  await saveStatus(
    from,
    rollout,
    {
      ...(begins ? { phase: 'provisioning' as const } : {}),
      detail: { since: now, message: `bringing up replicas for ${share / 100} % of the traffic` },
    },
    now,
  );
  if (!begins) return;
  await recordDecision(
    tx,
    world.deployment,
    {
      kind: 'rollout.provisioning',
      actor: CONTROLLER,
      reason: `revision ${nameOf(world, rollout.toRevisionId)} comes up for ${share / 100} % of the traffic`,
      evidence: { rolloutId: rollout.id, share },
    },
    now,
  );
}
