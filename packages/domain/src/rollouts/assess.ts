import { assertNever } from '../assert-never.ts';
import type { RolloutStep } from '../deployments/deployment-spec.ts';
import type { Instant } from '../instant.ts';
import { carryableWeight } from './carryable-weight.ts';
import { gate } from './gate.ts';
import type { GateVerdict } from './phase.ts';
import { countsSince } from './revision-counts.ts';
import type { Fleet, RolloutCommand, RolloutWorld } from './rollout-world.ts';
import { firstWeight, weightAt } from './steps.ts';
import { WHOLE } from './traffic-split.ts';

/** An engine that died this often while loading will not get better by waiting. */
const HOPELESS_RESTARTS = 3;
/** With `onNoData: fail`, a step may stay without data for its own length and this much more. */
const NO_DATA_GRACE_MS = 60_000;
const EVIDENCE_RECHECK_MS = 1_000;

/** What the rollout's situation is, in one word, with what the next move needs. */
export type Assessment =
  | { kind: 'finished' }
  | { kind: 'commanded'; command: RolloutCommand }
  | { kind: 'superseded' }
  | { kind: 'planned'; share: number }
  | { kind: 'unknown'; message: string }
  | { kind: 'paused' }
  /** Replicas for this share were never ordered. */
  | { kind: 'underprovisioned'; share: number }
  | { kind: 'short'; message: string }
  | { kind: 'provisioned' }
  /** The split must change: up to the step's weight, or down to what is still carried. */
  | { kind: 'weightDue'; weight: number; reached: boolean }
  | { kind: 'holding'; ms: number; message: string; verdict: GateVerdict | null }
  | { kind: 'awaitingApproval'; role: string }
  | { kind: 'stepPassed'; verdict: GateVerdict | null }
  | { kind: 'bad'; because: string; verdict: GateVerdict | null }
  | { kind: 'promotable' }
  | { kind: 'acknowledging' }
  | { kind: 'returned' };

export function assess(world: RolloutWorld, now: Instant): Assessment {
  switch (world.phase) {
    case 'completed':
    case 'rolledBack':
    case 'superseded':
      return { kind: 'finished' };
    case 'rollingBack':
      return world.acknowledged ? { kind: 'returned' } : { kind: 'acknowledging' };
    case 'planning':
    case 'provisioning':
    case 'stepping':
    case 'promoting':
      return assessForward(world, now);
    default:
      return assertNever(world.phase);
  }
}

function assessForward(world: RolloutWorld, now: Instant): Assessment {
  if (world.superseded) return { kind: 'superseded' };
  if (world.command !== null) return { kind: 'commanded', command: world.command };
  if (world.phase === 'planning') return { kind: 'planned', share: firstWeight(world.steps) };
  if (world.candidate.kind === 'unknown') {
    return { kind: 'unknown', message: `waiting: the cluster does not answer (${world.candidate.because})` };
  }
  const fleet = world.candidate.value;
  if (world.phase === 'provisioning') return assessProvisioning(world, fleet, now);
  if (world.phase === 'promoting') return assessPromoting(world, fleet, now);
  return assessStep(world, fleet, now);
}

function assessProvisioning(world: RolloutWorld, fleet: Fleet, now: Instant): Assessment {
  const share = firstWeight(world.steps);
  // A first rollout has no one else to serve, and on a way back every replica helps: neither waits for the whole fleet.
  const anyHelps = world.from === null || world.goingBack;
  const enough = anyHelps ? fleet.routable > 0 : carryableWeight(fleet.routable, world.fullFleet) >= share;
  if (enough) return world.paused ? { kind: 'paused' } : { kind: 'provisioned' };
  const lacking = missing(world, fleet, share, now);
  return world.paused && lacking.kind === 'bad' ? { kind: 'paused' } : lacking;
}

/** A person may have ended the last step early, and replicas may be lost between the last step and the promotion. */
function assessPromoting(world: RolloutWorld, fleet: Fleet, now: Instant): Assessment {
  const carried = carriedOf(world, fleet, WHOLE);
  if (world.candidateWeight > carried) return { kind: 'weightDue', weight: carried, reached: false };
  if (world.paused) return { kind: 'paused' };
  if (carried < WHOLE) return missing(world, fleet, WHOLE, now);
  if (world.candidateWeight < WHOLE) return { kind: 'weightDue', weight: WHOLE, reached: true };
  // Who waits for the promotion wants to be served by it, at every gateway.
  return world.acknowledged ? { kind: 'promotable' } : { kind: 'acknowledging' };
}

/** A lone revision shares with nobody: any replica that is left serves what it can. */
function carriedOf(world: RolloutWorld, fleet: Fleet, wanted: number): number {
  if (world.from === null) return fleet.routable > 0 ? wanted : 0;
  return Math.min(wanted, carryableWeight(fleet.routable, world.fullFleet));
}

function assessStep(world: RolloutWorld, fleet: Fleet, now: Instant): Assessment {
  const step = world.steps[world.stepIndex];
  if (step === undefined) return world.paused ? { kind: 'paused' } : { kind: 'stepPassed', verdict: null };
  const wanted = weightAt(world.steps, world.stepIndex);
  const carried = carriedOf(world, fleet, wanted);
  if (world.candidateWeight > carried) return { kind: 'weightDue', weight: carried, reached: false };

  const verdict = askGate(world, wanted, now);
  if (verdict?.kind === 'rollBack' && !(world.paused && world.onFailure === 'pause')) {
    return { kind: 'bad', because: verdict.because, verdict };
  }
  if (world.paused) return { kind: 'paused' };
  // On the way back every replica that comes up takes load off the revision that is to be left.
  if (world.goingBack && world.candidateWeight < carried) {
    return { kind: 'weightDue', weight: carried, reached: carried === wanted };
  }
  if (carried < wanted) return missing(world, fleet, wanted, now);
  if (world.candidateWeight < wanted || world.detail.weightReachedAt === null) return weightDue(world, wanted);
  return assessHold(world, step, verdict, now);
}

/** A gated weight is not given blindly: without counts there would be nothing to compare later ones with. */
function weightDue(world: RolloutWorld, wanted: number): Assessment {
  if (isGated(world) && world.counts.kind === 'unknown') {
    const message = `waiting: no reports from gateways (${world.counts.because})`;
    return { kind: 'holding', ms: EVIDENCE_RECHECK_MS, message, verdict: null };
  }
  return { kind: 'weightDue', weight: wanted, reached: true };
}

function assessHold(world: RolloutWorld, step: RolloutStep, verdict: GateVerdict | null, now: Instant): Assessment {
  switch (step.kind) {
    case 'approval':
      return world.detail.approvedBy === null
        ? { kind: 'awaitingApproval', role: step.role }
        : { kind: 'stepPassed', verdict };
    case 'wait':
      return assessHeld(world, now - world.detail.since, step.forMs, verdict);
    case 'weight':
      return assessHeld(world, now - (world.detail.weightReachedAt ?? now), step.forMs, verdict);
    default:
      return assertNever(step);
  }
}

function assessHeld(world: RolloutWorld, heldMs: number, forMs: number, verdict: GateVerdict | null): Assessment {
  if (heldMs < forMs) return { kind: 'holding', ms: forMs - heldMs, message: verdict?.because ?? 'holding', verdict };
  if (verdict === null || verdict.kind === 'goOn') return { kind: 'stepPassed', verdict };
  if (world.gate.onNoData === 'fail' && heldMs > 2 * forMs + NO_DATA_GRACE_MS) {
    return { kind: 'bad', because: `no evidence: ${verdict.because}`, verdict };
  }
  return { kind: 'holding', ms: EVIDENCE_RECHECK_MS, message: `waiting for evidence: ${verdict.because}`, verdict };
}

function isGated(world: RolloutWorld): boolean {
  return world.from !== null && !world.goingBack && world.strategy === 'canary';
}

/**
 * Null where there is nothing to ask: the first rollout, a way back, a step that has no weight yet, or all of the
 * traffic already moved (then there is no stable traffic to compare with; the former revision stays warm instead).
 */
function askGate(world: RolloutWorld, wanted: number, now: Instant): GateVerdict | null {
  const baseline = world.detail.baseline;
  if (!isGated(world) || baseline === null || world.detail.weightReachedAt === null) return null;
  if (wanted === 0 || world.candidateWeight === WHOLE) return null;
  if (world.counts.kind === 'unknown') {
    const nothing = { candidate: baseline.candidate, stable: baseline.stable, at: now };
    return { kind: 'wait', because: `no reports from gateways (${world.counts.because})`, inputs: nothing };
  }
  const { candidate, stable } = world.counts.value;
  return gate(world.gate, countsSince(candidate, baseline.candidate), countsSince(stable, baseline.stable), now);
}

function missing(world: RolloutWorld, fleet: Fleet, share: number, now: Instant): Assessment {
  if (world.candidateShare < share) return { kind: 'underprovisioned', share };
  const message = fleet.reason ?? `${fleet.routable} of the replicas needed are routable`;
  // Without an old revision there is nothing to go back to, and a way back must not end where a person wanted to
  // leave: keep trying, and say why it does not serve.
  if (world.from === null || world.goingBack) return { kind: 'short', message };
  const hopeless = fleet.total > 0 && fleet.failing === fleet.total && fleet.maxRestarts >= HOPELESS_RESTARTS;
  if (hopeless) return { kind: 'bad', because: `replicas keep failing: ${message}`, verdict: null };
  if (now - world.detail.since > world.provisionTimeoutMs) {
    return { kind: 'bad', because: `replicas were not routable in time: ${message}`, verdict: null };
  }
  return { kind: 'short', message };
}
