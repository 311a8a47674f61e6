import type { Repositories } from '@signalbox/db';
import { type DeploymentId, type RevisionId, type TrafficSplit, WHOLE } from '@signalbox/domain';
import type { WorldTraffic } from '../world/index.ts';

/** Someone else moved first; the next pass sees what they did. Nothing of this transaction stays. */
export class Stale extends Error {
  override readonly name = 'Stale';
}

export function allTo(revisionId: RevisionId): TrafficSplit {
  return [{ revisionId, weight: WHOLE }];
}

/** Candidate and stable share the traffic; parts without weight are left out. */
export function splitBetween(candidate: RevisionId, stable: RevisionId | null, weight: number): TrafficSplit {
  if (stable === null || stable === candidate) return weight > 0 ? allTo(candidate) : [];
  return [
    { revisionId: stable, weight: WHOLE - weight },
    { revisionId: candidate, weight },
  ].filter((part) => part.weight > 0);
}

/** Moves traffic and numbers a new snapshot, in the caller's transaction. */
export async function moveTraffic(
  { deploymentTraffic, snapshotState }: Pick<Repositories, 'deploymentTraffic' | 'snapshotState'>,
  deploymentId: DeploymentId,
  from: WorldTraffic,
  change: Partial<Omit<WorldTraffic, 'version'>>,
  at: number,
): Promise<void> {
  const { version, ...current } = pickTraffic(from);
  const saved = await deploymentTraffic.save(deploymentId, {
    expectedVersion: version,
    ...current,
    ...change,
    at,
  });
  if (!saved) throw new Stale('the traffic was moved by someone else');
  await snapshotState.bump();
}

function pickTraffic(traffic: WorldTraffic): WorldTraffic {
  const { stableRevisionId, formerRevisionId, keepWarmUntil, split, version } = traffic;
  return { stableRevisionId, formerRevisionId, keepWarmUntil, split, version };
}
