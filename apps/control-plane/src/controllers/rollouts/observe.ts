import type { Replica } from '@signalbox/db';
import {
  type Fleet,
  known,
  NO_COUNTS,
  type Reading,
  type RevisionCounts,
  type RevisionId,
  type RolloutWorld,
  stepsOf,
  unknown,
} from '@signalbox/domain';
import type { DeploymentWorld } from '../world/index.ts';

/** A gateway report older than this leaves the counts unknown: no data is never good data. */
const REPORTS_STALE_MS = 15_000;

/** The active rollout as the pure machine wants to see it; undefined when none is under way. */
export function rolloutWorld(world: DeploymentWorld, now: number): RolloutWorld | undefined {
  const { rollout, traffic } = world;
  if (rollout === null || traffic === null) return undefined;
  const to = world.workloadOf(rollout.toRevisionId);
  const from = rollout.fromRevisionId === null ? null : world.workloadOf(rollout.fromRevisionId);
  const { status } = rollout;
  return {
    phase: status.phase,
    stepIndex: status.stepIndex,
    paused: status.paused,
    detail: status.detail,
    strategy: rollout.policy.strategy,
    steps: stepsOf(rollout.policy, from === null),
    gate: rollout.policy.gate,
    onFailure: rollout.policy.onFailure,
    provisionTimeoutMs: rollout.policy.provisionTimeoutMs,
    from,
    to,
    goingBack: rollout.cause === 'rollback',
    superseded: world.deployment.deletedAt !== null,
    command: world.commands[0] ?? null,
    candidateWeight: traffic.split.find((part) => part.revisionId === to)?.weight ?? 0,
    candidateShare: world.roles.find((role) => role.revisionId === to)?.capacityShare ?? 0,
    candidate: fleet(world, to),
    fullFleet: world.fullFleet,
    counts: counts(world, from, to, now),
    acknowledged: world.gateways.every((gateway) => !gateway.live || gateway.current),
  };
}

function fleet(world: DeploymentWorld, revisionId: RevisionId): Reading<Fleet> {
  const observation = world.observationOf(revisionId);
  if (observation.kind === 'unknown') return observation;
  const replicas = world.replicas.filter(
    (replica) => replica.revisionId === revisionId && replica.phase !== 'stopping',
  );
  return known(describeFleet(replicas, world.problemOf(revisionId)), observation.at);
}

function describeFleet(replicas: readonly Replica[], problem: string | null): Fleet {
  // Between two crashes of a loop an engine is starting: that is no sign of health.
  const failing = replicas.filter(
    ({ phase, restarts }) => phase === 'failing' || (phase === 'starting' && restarts > 0),
  );
  const waiting = replicas.find((replica) => replica.traffic !== 'serving');
  const why = waiting === undefined ? null : (waiting.reason ?? waiting.proofError ?? waitingFor(waiting));
  return {
    routable: replicas.filter((replica) => replica.traffic === 'serving').length,
    failing: failing.length,
    total: replicas.length,
    maxRestarts: Math.max(0, ...failing.map((replica) => replica.restarts)),
    reason: problem ?? why,
  };
}

function waitingFor(replica: Replica): string {
  if (replica.phase !== 'ready') return `replica ${replica.name} is ${replica.phase}`;
  return replica.traffic === 'admitting'
    ? `replica ${replica.name} waits for every live gateway to admit it`
    : `replica ${replica.name} is ready; its first generation has not come back yet`;
}

function counts(
  world: DeploymentWorld,
  from: RevisionId | null,
  to: RevisionId,
  now: number,
): Reading<{ candidate: RevisionCounts; stable: RevisionCounts }> {
  const live = world.gateways.filter((gateway) => gateway.live);
  const oldest = Math.min(...live.map((gateway) => gateway.lastSeenAt));
  if (live.length === 0) return unknown(now, 'no gateway is connected');
  if (now - oldest > REPORTS_STALE_MS) return unknown(oldest, 'a gateway has stopped reporting');
  const of = (id: RevisionId | null) => (id === null ? NO_COUNTS : (world.counts.get(id) ?? NO_COUNTS));
  return known({ candidate: of(to), stable: of(from) }, oldest);
}
