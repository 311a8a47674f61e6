import type { GatewayView, Instant, ReplicaId, ReplicaView, ReplicaWorld } from '@signalbox/domain';
import { at, MINUTE_MS, SECOND_MS } from './instants.ts';

type OnGateway = { admitted?: boolean; inFlight?: number };

/** The replicas of one revision at 12:00, with a drain bound of ten minutes and no gateway. */
export function aFleet(): FleetBuilder {
  return new FleetBuilder({
    desired: 1,
    replicas: [],
    gateways: [],
    drainTimeoutMs: 10 * MINUTE_MS,
    restartBefore: null,
    now: at('12:00'),
  });
}

export class FleetBuilder {
  readonly #world: ReplicaWorld;

  constructor(world: ReplicaWorld) {
    this.#world = world;
  }

  build(): ReplicaWorld {
    return this.#world;
  }

  wanting(desired: number): FleetBuilder {
    return this.#with({ desired });
  }

  /** Ready, proven and serving for an hour, unless said otherwise. */
  replica(id: string, view: Partial<Omit<ReplicaView, 'id'>> = {}): FleetBuilder {
    const replica: ReplicaView = {
      id: id as ReplicaId,
      phase: 'ready',
      proven: true,
      startedAt: at('11:00'),
      traffic: 'serving',
      trafficSince: at('11:00'),
      ...view,
    };
    return this.#with({ replicas: [...this.#world.replicas, replica] });
  }

  /** Told to finish what it has, ten seconds ago. */
  draining(id: string, view: Partial<Omit<ReplicaView, 'id'>> = {}): FleetBuilder {
    return this.replica(id, { traffic: 'draining', trafficSince: this.#world.now - 10 * SECOND_MS, ...view });
  }

  /** Live, accepting and current, unless said otherwise; `replicas` says what it has there. */
  gateway(
    replicas: Readonly<Record<string, OnGateway>>,
    view: Partial<Omit<GatewayView, 'replicas'>> = {},
  ): FleetBuilder {
    const rows = Object.entries(replicas).map(
      ([id, { admitted = true, inFlight = 0 }]) => [id as ReplicaId, { admitted, inFlight }] as const,
    );
    const gateway: GatewayView = { live: true, accepting: true, current: true, ...view, replicas: new Map(rows) };
    return this.#with({ gateways: [...this.#world.gateways, gateway] });
  }

  restartingBefore(time: string): FleetBuilder {
    return this.#with({ restartBefore: at(time) });
  }

  now(now: Instant): FleetBuilder {
    return this.#with({ now });
  }

  #with(change: Partial<ReplicaWorld>): FleetBuilder {
    return new FleetBuilder({ ...this.#world, ...change });
  }
}
