import type { ReplicaPhase } from '../clusters/cluster.ts';
import type { ReplicaId } from '../identity/ids.ts';
import type { Instant } from '../instant.ts';
import type { ReplicaTraffic } from '../rollouts/traffic-split.ts';

export interface ReplicaView {
  id: ReplicaId;
  phase: ReplicaPhase;
  /** A probe generation came back from this start of this replica. */
  proven: boolean;
  startedAt: Instant | null;
  traffic: ReplicaTraffic;
  trafficSince: Instant;
}

/** A gateway that may hold requests on replicas. */
export interface GatewayView {
  /** Heard from lately. A silent one makes its requests unknown, never zero. */
  live: boolean;
  /** Takes new connections: only such a gateway has to admit a replica before it may serve. */
  accepting: boolean;
  /** Serves by the newest snapshot. */
  current: boolean;
  replicas: ReadonlyMap<ReplicaId, { admitted: boolean; inFlight: number }>;
}

export interface ReplicaMove {
  id: ReplicaId;
  from: ReplicaTraffic;
  to: ReplicaTraffic;
  because: string;
}

export interface ReplicaPlan {
  moves: readonly ReplicaMove[];
  /** Size to order from the cluster: what is wanted, and those that still finish what they have. */
  clusterReplicas: number;
  /** Drained replicas, which the cluster should take first. */
  removable: readonly ReplicaId[];
  /** Drained replicas that are to be replaced by fresh ones. */
  restarts: readonly ReplicaId[];
}

export interface ReplicaWorld {
  desired: number;
  replicas: readonly ReplicaView[];
  gateways: readonly GatewayView[];
  drainTimeoutMs: number;
  /** Replicas started before this are replaced one by one; null when nobody asked for a restart. */
  restartBefore: Instant | null;
  now: Instant;
}

/** Decides what traffic each replica of one revision may take, and how large the revision is to be. */
export function planReplicas(world: ReplicaWorld): ReplicaPlan {
  const stale = world.replicas.filter((replica) => isStale(replica, world.restartBefore));
  // A lone replica is replaced beside itself; of several, one at a time may be missed.
  const desired = needsStandIn(world, stale) ? 2 : world.desired;
  const surplus = chooseLeaving(desired, world);
  const leaving = new Set(surplus.length > 0 ? surplus : chooseRestart(world.desired, world, stale));
  const returning = new Set(chooseReturning(desired, world));
  const moves = world.replicas.flatMap((replica) => {
    const [to, because] = returning.has(replica.id)
      ? (['none', 'it is needed after all'] as const)
      : nextTraffic(replica, leaving.has(replica.id), world);
    return to === replica.traffic ? [] : [{ id: replica.id, from: replica.traffic, to, because }];
  });
  return { moves, ...orderOf(desired, world.replicas, moves, stale) };
}

/** Once a fresh one serves, the stale one is surplus: replacing that one too would start an engine for nothing. */
function needsStandIn({ desired, replicas }: ReplicaWorld, stale: readonly ReplicaView[]): boolean {
  if (desired !== 1 || stale.length === 0) return false;
  return !replicas.some((replica) => isServing(replica) && !stale.includes(replica));
}

/** What the cluster is told: room for all who stay or still finish, and who may go. */
function orderOf(
  desired: number,
  replicas: readonly ReplicaView[],
  moves: readonly ReplicaMove[],
  stale: readonly ReplicaView[],
): Omit<ReplicaPlan, 'moves'> {
  const after = new Map(moves.map((move) => [move.id, move.to]));
  // A stopping replica is being replaced by the cluster already: counting it would order one too many.
  const counted = replicas.filter((replica) => replica.phase !== 'stopping');
  const now = (replica: ReplicaView) => after.get(replica.id) ?? replica.traffic;
  const drained = counted.filter((replica) => now(replica) === 'drained');
  const draining = counted.filter((replica) => now(replica) === 'draining');
  const staying = counted.length - drained.length - draining.length;
  // A stale replica that goes leaves its place to a fresh one, as long as there is a place to fill.
  const replaced = [...drained, ...draining]
    .filter((replica) => stale.includes(replica))
    .slice(0, Math.max(0, desired - staying));
  const finishing = draining.filter((replica) => !replaced.includes(replica));
  return {
    clusterReplicas: Math.max(desired, staying) + finishing.length,
    removable: drained.filter((replica) => !replaced.includes(replica)).map((replica) => replica.id),
    restarts: drained.filter((replica) => replaced.includes(replica)).map((replica) => replica.id),
  };
}

function isStale(replica: ReplicaView, restartBefore: Instant | null): boolean {
  return restartBefore !== null && replica.startedAt !== null && replica.startedAt < restartBefore;
}

function nextTraffic(replica: ReplicaView, leaving: boolean, world: ReplicaWorld): [ReplicaTraffic, string] {
  const { traffic, phase } = replica;
  const stay: [ReplicaTraffic, string] = [traffic, ''];
  if (traffic === 'drained') return stay;
  if (leaving) return letGo(replica, world);
  // Someone else stops it; for its pre-stop delay it still serves. The last one is kept until another takes over.
  if (phase === 'stopping') return isLastServing(replica, world) ? stay : letGo(replica, world);
  // A lost node's replica may still serve; gateways see for themselves and eject it if it doesn't.
  if (phase !== 'ready' && phase !== 'lost') return traffic === 'none' ? stay : ['none', `the replica is ${phase}`];
  if (!replica.proven) return traffic === 'none' || phase === 'lost' ? stay : ['none', 'the replica started anew'];
  if (traffic === 'none') return ['admitting', 'a generation came back'];
  if (traffic === 'admitting') {
    return admittedEverywhere(replica.id, world.gateways) ? ['serving', 'every live gateway admitted it'] : stay;
  }
  if (traffic === 'draining') {
    const admitted = admittedEverywhere(replica.id, world.gateways);
    return [admitted ? 'serving' : 'admitting', 'it is needed after all'];
  }
  return stay;
}

function isServing(replica: ReplicaView): boolean {
  return replica.traffic === 'serving' && replica.phase !== 'stopping' && canServe(replica);
}

function isLastServing({ id, traffic }: ReplicaView, { desired, replicas }: ReplicaWorld): boolean {
  if (traffic !== 'serving' || desired === 0) return false;
  return !replicas.some((other) => other.id !== id && isServing(other));
}

function letGo(replica: ReplicaView, world: ReplicaWorld): [ReplicaTraffic, string] {
  if (replica.traffic === 'none') return ['drained', 'it took no traffic'];
  if (replica.traffic !== 'draining') return ['draining', 'it is to go'];
  if (world.now - replica.trafficSince >= world.drainTimeoutMs) return ['drained', 'the drain bound has passed'];
  const idle = world.gateways.every(
    (gateway) => gateway.live && gateway.current && (gateway.replicas.get(replica.id)?.inFlight ?? 0) === 0,
  );
  return idle ? ['drained', 'no gateway has a request on it'] : ['draining', ''];
}

function admittedEverywhere(id: ReplicaId, gateways: readonly GatewayView[]): boolean {
  const asked = gateways.filter((gateway) => gateway.live && gateway.accepting);
  return asked.length > 0 && asked.every((gateway) => gateway.replicas.get(id)?.admitted === true);
}

/** Who goes when there are too many: first what serves nobody, then what has the least to finish. */
function chooseLeaving(desired: number, world: ReplicaWorld): readonly ReplicaId[] {
  const present = presentReplicas(world);
  const surplus = present.length - desired;
  if (surplus <= 0) return [];
  const inFlight = (id: ReplicaId) =>
    world.gateways.reduce((sum, gateway) => sum + (gateway.replicas.get(id)?.inFlight ?? 0), 0);
  const order: Record<ReplicaTraffic, number> = { drained: 0, draining: 1, none: 2, admitting: 3, serving: 4 };
  // One that cannot serve goes before one that is draining: that one can still be called back.
  const use = (replica: ReplicaView) => (canServe(replica) ? order[replica.traffic] : 0);
  const freshness = (replica: ReplicaView) => (isStale(replica, world.restartBefore) ? 0 : 1);
  const ranked = [...present].sort(
    (a, b) =>
      use(a) - use(b) || freshness(a) - freshness(b) || inFlight(a.id) - inFlight(b.id) || (a.id < b.id ? 1 : -1),
  );
  return ranked.slice(0, surplus).map((replica) => replica.id);
}

function canServe(replica: ReplicaView): boolean {
  return replica.phase === 'lost' || (replica.phase === 'ready' && replica.proven);
}

/** The next replica to replace, once the fleet is whole and none is on its way out. */
function chooseRestart(desired: number, world: ReplicaWorld, stale: readonly ReplicaView[]): readonly ReplicaId[] {
  const present = presentReplicas(world);
  const leaving = stale.filter((replica) => replica.traffic === 'draining' || replica.traffic === 'drained');
  if (leaving.length > 0) return leaving.map((replica) => replica.id);
  const serving = present.filter((replica) => replica.traffic === 'serving' && canServe(replica)).length;
  const idle = stale.find((replica) => replica.traffic === 'none');
  if (idle !== undefined) return [idle.id];
  const wholeAt = desired === 1 ? 2 : desired;
  const next = [...stale].sort((a, b) => (a.id < b.id ? -1 : 1))[0];
  return next !== undefined && serving >= wholeAt ? [next.id] : [];
}

/** Drained replicas that the cluster has not taken yet come back when there are too few after all. */
function chooseReturning(desired: number, world: ReplicaWorld): readonly ReplicaId[] {
  const deficit = desired - presentReplicas(world).length;
  if (deficit <= 0) return [];
  const drained = world.replicas.filter(
    (replica) =>
      replica.traffic === 'drained' && replica.phase !== 'stopping' && !isStale(replica, world.restartBefore),
  );
  return drained.slice(0, deficit).map((replica) => replica.id);
}

function presentReplicas(world: ReplicaWorld): readonly ReplicaView[] {
  return world.replicas.filter((replica) => replica.phase !== 'stopping' && replica.traffic !== 'drained');
}
