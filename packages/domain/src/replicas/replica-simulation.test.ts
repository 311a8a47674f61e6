import { expect, test } from '@jest/globals';
import { SECOND_MS, SimulatedFleet, type SimulatedReplica } from '../../../testkit/src/builders/index.ts';
import { pick, type Random, seededRandom } from '../../../testkit/src/simulated-engine/engine/random.ts';
import { planReplicas, type ReplicaPlan, type ReplicaView, type ReplicaWorld } from './plan-replicas.ts';

const FIRST_SEED = 1;
const SEEDS = 1_500;
/** A quiet world must hold what is wanted within this many passes. */
const QUIET_PASSES = 150;

test(`${SEEDS} interleavings of scaling, restarts, crashes and silence: never torn away, always as many as wanted`, () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      interleave(seededRandom(seed));
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
  expect.assertions(0);
});

function interleave(random: Random): void {
  const fleet = new SimulatedFleet(pick(random, [1, 2, 3, 4]), pick(random, [1, 2, 3]));
  for (let i = 0; i < 60; i++) {
    disturb(fleet, random);
    takePass(fleet, random() < 0.1);
    runCluster(fleet, random);
  }
  settle(fleet, random);
}

function disturb(fleet: SimulatedFleet, random: Random): void {
  fleet.now += pick(random, [0, 500, SECOND_MS, 5 * SECOND_MS]);
  if (random() < 0.06) fleet.desired = pick(random, [0, 1, 1, 2, 3, 4]);
  if (random() < 0.03) fleet.restartBefore = fleet.now;
  for (const replica of fleet.replicas) age(replica, fleet.now, random);
  for (const gateway of fleet.gateways) {
    if (random() < 0.04) gateway.live = !gateway.live;
    if (random() < 0.02) gateway.accepting = !gateway.accepting;
    for (const { id, traffic } of fleet.replicas) {
      const inFlight = gateway.inFlight.get(id) ?? 0;
      const more = traffic === 'serving' && random() < 0.4 ? 2 : 0;
      gateway.inFlight.set(id, Math.max(0, inFlight + more - (random() < 0.4 ? 1 : 0)));
    }
    if (random() < 0.7) fleet.report(gateway);
  }
}

/** What happens to a replica by itself: it comes up, crashes, falls silent, is deleted by hand. */
function age(replica: SimulatedReplica, now: number, random: Random): void {
  const { phase } = replica;
  if (phase === 'stopping') return;
  if (phase === 'ready') {
    if (random() < 0.5) replica.proven = true;
    const fate = random();
    if (fate < 0.01) Object.assign(replica, { phase: 'failing', proven: false });
    else if (fate < 0.02) replica.phase = 'lost';
    else if (fate < 0.025) replica.phase = 'stopping';
  } else if (random() < 0.4) {
    replica.phase = phase === 'pending' ? 'starting' : 'ready';
    replica.startedAt ??= now;
    // An engine that crashed starts anew in place.
    if (phase === 'failing') replica.startedAt = now;
  }
}

function runCluster(fleet: SimulatedFleet, random: Random): void {
  if (random() < 0.5) fleet.bury();
  if (random() < 0.8) fleet.reconcile((among) => among[Math.floor(random() * among.length)]);
  must(fleet.torn.length === 0, `the cluster tore ${fleet.torn} away`);
}

function takePass(fleet: SimulatedFleet, stopAfterMoves: boolean): ReplicaPlan {
  const world = fleet.look();
  const plan = planReplicas(world);
  checkDrains(fleet, world, plan);
  checkAdmission(world, plan);
  checkServing(world, plan);
  fleet.act(plan, stopAfterMoves);
  return plan;
}

/** A replica that drained is free of requests at every gateway, heard from or not, or its bound has passed. */
function checkDrains(fleet: SimulatedFleet, world: ReplicaWorld, plan: ReplicaPlan): void {
  for (const { id, from, to } of plan.moves) {
    if (from !== 'draining' || to !== 'drained') continue;
    const view = world.replicas.find((replica) => replica.id === id);
    if (view === undefined || world.now - view.trafficSince >= world.drainTimeoutMs) continue;
    const silent = world.gateways.some((gateway) => !gateway.live || !gateway.current);
    must(!silent, `${id} was drained while a gateway was silent`);
    const said = fleet.gateways.reduce((sum, gateway) => sum + (gateway.reported.get(id)?.inFlight ?? 0), 0);
    must(said === 0, `${id} was drained with ${said} requests on it`);
  }
}

/** Nobody serves who was not admitted by every live gateway at that moment. */
function checkAdmission(world: ReplicaWorld, plan: ReplicaPlan): void {
  const asked = world.gateways.filter((gateway) => gateway.live && gateway.accepting);
  for (const { id, to } of plan.moves) {
    if (to !== 'serving') continue;
    must(asked.length > 0 && asked.every((gateway) => gateway.replicas.get(id)?.admitted), `${id} serves unadmitted`);
  }
}

/** Planned moves leave as many serving as are wanted and able; a restart may miss one of several. */
function checkServing(world: ReplicaWorld, plan: ReplicaPlan): void {
  const able = (replica: ReplicaView) => replica.phase === 'lost' || (replica.phase === 'ready' && replica.proven);
  const serving = world.replicas.filter((replica) => replica.traffic === 'serving' && able(replica));
  const leaving = plan.moves.filter(({ id, to }) => to === 'draining' && serving.some((replica) => replica.id === id));
  if (leaving.length === 0) return;
  const restarting = world.restartBefore !== null && world.desired > 1 ? 1 : 0;
  const least = Math.min(world.desired, serving.length) - restarting;
  const left = serving.length - leaving.length;
  must(left >= least, `${left} of ${serving.length} serving are left where ${world.desired} are wanted`);
}

/** Everything comes up, everyone answers, callers finish. */
function settle(fleet: SimulatedFleet, random: Random): void {
  for (const gateway of fleet.gateways) Object.assign(gateway, { live: true, accepting: true });
  for (let i = 0; i < QUIET_PASSES; i++) {
    fleet.now += SECOND_MS;
    for (const replica of fleet.replicas) {
      if (replica.phase !== 'stopping') Object.assign(replica, { phase: 'ready', proven: true });
      replica.startedAt ??= fleet.now;
    }
    for (const gateway of fleet.gateways) {
      gateway.inFlight.clear();
      fleet.report(gateway);
    }
    const plan = takePass(fleet, false);
    if (plan.moves.length === 0 && isSettled(fleet)) return;
    fleet.bury();
    fleet.reconcile((among) => among[Math.floor(random() * among.length)]);
    must(fleet.torn.length === 0, `the cluster tore ${fleet.torn} away`);
  }
  throw new Error(`not settled after ${QUIET_PASSES} quiet passes: ${JSON.stringify(fleet.look())}`);
}

function isSettled(fleet: SimulatedFleet): boolean {
  const { replicas, desired, ordered } = fleet;
  const stale = replicas.some((replica) => (replica.startedAt ?? 0) < (fleet.restartBefore ?? 0));
  const serving = replicas.every((replica) => replica.phase === 'ready' && replica.traffic === 'serving');
  return !stale && serving && replicas.length === desired && ordered === desired;
}

function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}
