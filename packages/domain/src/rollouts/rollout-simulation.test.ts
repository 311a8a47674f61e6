import { expect, test } from '@jest/globals';
import { aRollout, type Look, SECOND_MS, SimulatedRollout } from '../../../testkit/src/builders/index.ts';
import { pick, type Random, seededRandom } from '../../../testkit/src/simulated-engine/engine/random.ts';
import type { RolloutStep } from '../deployments/deployment-spec.ts';
import { assess } from './assess.ts';
import { carryableWeight } from './carryable-weight.ts';
import { nextAction, type RolloutAction } from './next-action.ts';
import { isActive, NEXT_PHASES, type RolloutPhase } from './phase.ts';
import type { RolloutWorld } from './rollout-world.ts';
import { weightAt } from './steps.ts';
import { WHOLE } from './traffic-split.ts';

const FIRST_SEED = 1;
const SEEDS = 6_000;
/** A quiet world must bring every rollout to an end within this many passes. */
const QUIET_PASSES = 150;

const all: RolloutStep = { kind: 'weight', percent: 100, forMs: 0 };
const weight = (percent: number): RolloutStep => ({ kind: 'weight', percent, forMs: 2 * SECOND_MS });
const wait: RolloutStep = { kind: 'wait', forMs: SECOND_MS };
const approval: RolloutStep = { kind: 'approval', role: 'owner' };
const LADDERS: readonly [readonly RolloutStep[], ...(readonly RolloutStep[])[]] = [
  [weight(10), all],
  [weight(50), approval, all],
  [wait, weight(25), wait, weight(75), all],
  [approval, weight(5), weight(100)],
];

test(`${SEEDS} interleavings of events, stops and stale passes: always old or new, never neither`, () => {
  const ends = new Set<RolloutPhase>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      ends.add(interleave(seededRandom(seed)));
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
  expect([...ends].sort()).toEqual(['completed', 'rolledBack', 'superseded']);
});

function interleave(random: Random): RolloutPhase {
  const rollout = new SimulatedRollout(someRollout(random));
  rollout.candidateFails = random() < 0.3;
  let kept = rollout.look();
  for (let i = 0; i < 30; i++) {
    disturb(rollout, random);
    if (random() < 0.2) kept = rollout.look();
    const look = random() < 0.15 ? kept : rollout.look();
    takePass(rollout, look, pick(random, ['whole', 'whole', 'whole', 'stopped before', 'stopped after'] as const));
  }
  settle(rollout);
  return rollout.status.phase;
}

function someRollout(random: Random): RolloutWorld {
  const base = aRollout()
    .steps(pick(random, LADDERS))
    .strategy(pick(random, ['canary', 'canary', 'canary', 'blueGreen', 'rolling']))
    .onFailure(pick(random, ['rollback', 'rollback', 'pause']))
    .gate({ onNoData: pick(random, ['wait', 'fail']) });
  const kind = random();
  const chosen = kind < 0.1 ? base.first() : kind < 0.2 ? base.goingBack() : base;
  return {
    ...chosen.build(),
    provisionTimeoutMs: 30 * SECOND_MS,
    fullFleet: pick(random, [1, 2, 3, 4]),
  };
}

function disturb(rollout: SimulatedRollout, random: Random): void {
  rollout.pass(pick(random, [0, 0, 200, SECOND_MS, SECOND_MS, 5 * SECOND_MS, 40 * SECOND_MS]));
  for (const replica of rollout.replicas) {
    if (random() < 0.35) replica.up = true;
    else if (random() < 0.08) replica.up = false;
    else if (!replica.up && random() < 0.05) replica.restarts++;
  }
  if (random() < 0.12) rollout.clusterAnswers = !rollout.clusterAnswers;
  if (random() < 0.12) rollout.gatewaysReport = !rollout.gatewaysReport;
  if (random() < 0.2) rollout.acknowledged = !rollout.acknowledged;
  if (random() < 0.1) rollout.command(pick(random, ['pause', 'resume', 'resume', 'advance', 'advance', 'abort']));
  if (random() < 0.004) rollout.superseded = true;
  if (random() < 0.02) rollout.forgetCounts();
}

function takePass(
  rollout: SimulatedRollout,
  look: Look,
  how: 'whole' | 'stopped before' | 'stopped after',
): RolloutAction {
  const { world } = look;
  const action = nextAction(assess(world, rollout.now), world.onFailure);
  checkDecision(world, action);
  if (how === 'stopped before') return action;
  const before = seen(rollout);
  const acted = rollout.act(look, action, how === 'stopped after');
  checkState(rollout, world, before);
  if (acted) checkCarried(rollout, world, action);
  if (acted && how === 'whole' && action.kind !== 'wait' && action.kind !== 'none') {
    checkMoved(before, seen(rollout), action);
  }
  return action;
}

type Seen = ReturnType<typeof seen>;
function seen(rollout: SimulatedRollout) {
  return { ...rollout.status, weight: rollout.weight, share: rollout.traffic.share };
}

/** Silence never promotes and never deletes. */
function checkDecision(world: RolloutWorld, action: RolloutAction): void {
  const { candidate, counts } = world;
  const forward = world.phase === 'stepping' || world.phase === 'provisioning' || world.phase === 'promoting';
  if (forward && candidate.kind === 'unknown') {
    must(['wait', 'obey', 'supersede'].includes(action.kind), `an unknown cluster led to ${action.kind}`);
  }
  const gated = world.strategy === 'canary' && world.from !== null && !world.goingBack;
  if (!gated || counts.kind === 'known' || world.phase !== 'stepping') return;
  const raises = action.kind === 'shiftTraffic' && action.weight > world.candidateWeight;
  must(!raises, 'a weight was raised without reports');
  const atStake = weightAt(world.steps, world.stepIndex) > 0 && world.candidateWeight < WHOLE;
  must(!atStake || action.kind !== 'beginStep', 'a step passed without reports');
}

function checkState(
  rollout: SimulatedRollout,
  world: RolloutWorld,
  before: { phase: RolloutPhase; stepIndex: number },
): void {
  const { split } = rollout.traffic;
  const { phase, stepIndex } = rollout.status;
  const sum = split.reduce((total, part) => total + part.weight, 0);
  must(sum === WHOLE || (world.from === null && split.length === 0), `the split sums to ${sum}`);
  const allowed: readonly RolloutPhase[] = NEXT_PHASES[before.phase];
  must(phase === before.phase || allowed.includes(phase), `${before.phase} became ${phase}`);
  if (phase === 'rollingBack' || phase === 'rolledBack') must(rollout.weight === 0, `weight while ${phase}`);
  must(stepIndex === before.stepIndex || stepIndex === before.stepIndex + 1, 'a step was left out');
  if (phase === 'promoting') must(stepIndex === world.steps.length - 1, 'promoted before the last step');
}

/** Holds for every pass that saw the fleet; a lone revision has nobody to share with. */
function checkCarried(rollout: SimulatedRollout, world: RolloutWorld, action: RolloutAction): void {
  if (world.candidate.kind === 'unknown' || world.from === null || !isActive(world.phase)) return;
  if (action.kind === 'obey' || action.kind === 'supersede') return;
  const carried = carryableWeight(world.candidate.value.routable, world.fullFleet);
  must(rollout.weight <= carried, `a weight of ${rollout.weight} where ${carried} is carried, after ${action.kind}`);
}

/** An action that changes nothing would be taken again and again. */
function checkMoved(before: Seen, after: Seen, action: RolloutAction): void {
  const keys = Object.keys(before) as (keyof Seen)[];
  const details = Object.keys(before.detail) as (keyof Seen['detail'])[];
  const moved =
    keys.some((key) => key !== 'detail' && before[key] !== after[key]) ||
    details.some((key) => before.detail[key] !== after.detail[key]);
  must(moved, `${action.kind} changed nothing`);
}

/** Everything comes up, everyone answers, and a person decides what needs one. */
function settle(rollout: SimulatedRollout): void {
  Object.assign(rollout, { clusterAnswers: true, gatewaysReport: true, acknowledged: true });
  let resumed = false;
  for (let i = 0; i < QUIET_PASSES && isActive(rollout.status.phase); i++) {
    for (const replica of rollout.replicas) Object.assign(replica, { up: true, restarts: 0 });
    const look = rollout.look();
    const asked = look.world.command === null ? assess(look.world, rollout.now).kind : 'commanded';
    if (asked === 'paused') {
      rollout.command(resumed ? 'abort' : 'resume');
      resumed = true;
    }
    if (asked === 'awaitingApproval') rollout.command('advance');
    const action = takePass(rollout, rollout.look(), 'whole');
    rollout.pass(action.kind === 'wait' ? action.ms : 0);
  }
  const { phase } = rollout.status;
  must(!isActive(phase), `still ${phase} after ${QUIET_PASSES} quiet passes: ${JSON.stringify(rollout.status)}`);
  if (phase === 'completed') must(rollout.weight === WHOLE, 'completed without all of the traffic');
  else if (rollout.look().world.from !== null) must(rollout.weight === 0, `${phase} with traffic on the new revision`);
}

function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}
