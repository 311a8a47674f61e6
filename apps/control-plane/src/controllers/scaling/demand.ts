import type { DemandSample, DeploymentId, Instant } from '@signalbox/domain';

const SAMPLES_KEPT_MS = 20 * 60_000;

/** What gateways had in flight for each deployment, second by second. In memory: a restart knows nothing at first. */
export class Demand {
  readonly #samples = new Map<DeploymentId, DemandSample[]>();

  samples(id: DeploymentId): readonly DemandSample[] {
    return this.#samples.get(id) ?? [];
  }

  /** `inFlight` per deployment at this moment; null in a sample means that a gateway was not heard from. */
  add(at: Instant, inFlight: ReadonlyMap<DeploymentId, number | null>): void {
    for (const id of this.#samples.keys()) if (!inFlight.has(id)) this.#samples.delete(id);
    for (const [id, count] of inFlight) {
      const samples = this.#samples.get(id) ?? [];
      samples.push({ at, inFlight: count });
      const firstKept = samples.findIndex((sample) => sample.at >= at - SAMPLES_KEPT_MS);
      if (firstKept > 0) samples.splice(0, firstKept);
      this.#samples.set(id, samples);
    }
  }
}
