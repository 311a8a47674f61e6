import { type DeploymentId, desiredReplicas, type Instant, type ScalingSpec } from '@signalbox/domain';
import type { Demand } from './demand.ts';

export interface ScaleDecision {
  scaling: ScalingSpec;
  override: number | null;
  replicas: number;
}

/** A deployment that another process decides about is asked for again this rarely. */
const UNKNOWN_EVERY_MS = 60_000;

/** Tells, second by second and without the database, whose demand asks for another number of replicas by now. */
export class ScaleWatch {
  readonly #decided = new Map<DeploymentId, ScaleDecision>();
  readonly #askedAt = new Map<DeploymentId, Instant>();

  /** What the scaling controller decided last. */
  decided(id: DeploymentId, decision: ScaleDecision): void {
    this.#decided.set(id, decision);
  }

  due(demand: Demand, ids: Iterable<DeploymentId>, now: Instant): readonly DeploymentId[] {
    return [...ids].filter((id) => {
      const last = this.#decided.get(id);
      if (last === undefined) return this.#isTimeToAsk(id, now);
      const { scaling, override, replicas: current } = last;
      return desiredReplicas({ scaling, current, override, samples: demand.samples(id), now }).replicas !== current;
    });
  }

  #isTimeToAsk(id: DeploymentId, now: Instant): boolean {
    if (now - (this.#askedAt.get(id) ?? 0) < UNKNOWN_EVERY_MS) return false;
    this.#askedAt.set(id, now);
    return true;
  }
}
