import type {
  GatewayView,
  Instant,
  ReplicaId,
  ReplicaPhase,
  ReplicaPlan,
  ReplicaTraffic,
  ReplicaWorld,
} from '@signalbox/domain';

export interface SimulatedReplica {
  readonly id: ReplicaId;
  phase: ReplicaPhase;
  proven: boolean;
  startedAt: Instant | null;
  traffic: ReplicaTraffic;
  trafficSince: Instant;
}

export interface SimulatedGateway {
  live: boolean;
  accepting: boolean;
  /** Moves seen so far: it is current when it has seen all of them. */
  seen: number;
  /** What it really has; a silent one has it too. */
  inFlight: Map<ReplicaId, number>;
  /** What it last said. */
  reported: GatewayView['replicas'];
}

/**
 * One revision's replicas, the gateways in front and the cluster below, in memory. The cluster is as rough as a real
 * one may be: whom it takes when it shrinks is known only for replicas that are not ready or were named.
 */
export class SimulatedFleet {
  now = 0;
  desired: number;
  restartBefore: Instant | null = null;
  replicas: SimulatedReplica[] = [];
  readonly gateways: SimulatedGateway[];
  readonly drainTimeoutMs = 60_000;
  ordered = 0;
  /** Ready replicas that the cluster took although nobody had named them. */
  readonly torn: ReplicaId[] = [];
  #named: readonly ReplicaId[] = [];
  #moves = 0;
  #started = 0;

  constructor(desired: number, gateways: number) {
    this.desired = desired;
    this.gateways = Array.from({ length: gateways }, () => ({
      live: true,
      accepting: true,
      seen: 0,
      inFlight: new Map(),
      reported: new Map(),
    }));
  }

  look(): ReplicaWorld {
    const { desired, drainTimeoutMs, restartBefore, now } = this;
    const replicas = this.replicas.map((replica) => ({ ...replica }));
    const gateways = this.gateways.map(({ live, accepting, seen, reported }) => {
      return { live, accepting, current: seen === this.#moves, replicas: reported };
    });
    return { desired, replicas, gateways, drainTimeoutMs, restartBefore, now };
  }

  /** Stores the moves, then tells the cluster; a stop after the moves loses the order. */
  act(plan: ReplicaPlan, stopAfterMoves = false): void {
    for (const { id, from, to } of plan.moves) {
      const replica = this.replicas.find((candidate) => candidate.id === id);
      if (replica?.traffic === from) Object.assign(replica, { traffic: to, trafficSince: this.now });
    }
    if (plan.moves.length > 0) this.#moves++;
    if (stopAfterMoves) return;
    for (const id of plan.restarts) this.stop(id);
    this.#named = plan.removable;
    this.ordered = plan.clusterReplicas;
  }

  /** A gateway hears of the moves, admits what it can reach, and reports; a silent one does none of it. */
  report(gateway: SimulatedGateway): void {
    if (!gateway.live) return;
    gateway.seen = this.#moves;
    const known = this.replicas.filter((replica) => replica.traffic !== 'none' && replica.traffic !== 'drained');
    gateway.reported = new Map(
      known.map(({ id, phase }) => [
        id,
        { admitted: phase === 'ready' || phase === 'lost', inFlight: gateway.inFlight.get(id) ?? 0 },
      ]),
    );
  }

  /** The cluster starts what is missing and takes what is too much. */
  reconcile(choose: (among: readonly SimulatedReplica[]) => SimulatedReplica | undefined): void {
    const running = this.replicas.filter((replica) => replica.phase !== 'stopping');
    for (let missing = this.ordered - running.length; missing > 0; missing--) this.#start();
    for (let surplus = running.length - this.ordered; surplus > 0; surplus--) {
      const left = this.replicas.filter((replica) => replica.phase !== 'stopping');
      const idle = left.find((replica) => replica.phase !== 'ready' && replica.phase !== 'lost');
      const victim = left.find((replica) => this.#named.includes(replica.id)) ?? idle ?? choose(left);
      if (victim === undefined) return;
      if (victim.traffic === 'serving' || victim.traffic === 'draining') {
        if (victim.phase === 'ready') this.torn.push(victim.id);
      }
      this.stop(victim.id);
    }
  }

  stop(id: ReplicaId): void {
    const replica = this.replicas.find((candidate) => candidate.id === id);
    if (replica !== undefined) replica.phase = 'stopping';
  }

  /** Stopping replicas are gone, with whatever was on them. */
  bury(): void {
    const gone = this.replicas.filter((replica) => replica.phase === 'stopping').map((replica) => replica.id);
    this.replicas = this.replicas.filter((replica) => replica.phase !== 'stopping');
    for (const gateway of this.gateways) for (const id of gone) gateway.inFlight.delete(id);
  }

  #start(): void {
    this.#started++;
    this.replicas.push({
      id: `r-${String(this.#started).padStart(4, '0')}` as ReplicaId,
      phase: 'pending',
      proven: false,
      startedAt: null,
      traffic: 'none',
      trafficSince: this.now,
    });
  }
}
