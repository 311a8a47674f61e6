import type { SnapshotRoute } from '@signalbox/domain';
import type { MetricsState } from '@signalbox/runtime';
import { keepNamed, sumOfWorkers } from './exposed-metrics.ts';

/** The metrics of a gateway of several processes, as those of one. */
export class GatheredMetrics {
  readonly #own: () => MetricsState;
  #gone: MetricsState = {};

  /** `own` are those of the process that gathers. */
  constructor(own: () => MetricsState) {
    this.#own = own;
  }

  /** A worker ended; these were its last. */
  departed(state: MetricsState): void {
    this.#gone = sumOfWorkers([], [this.#gone, state]);
  }

  keepOnly(routes: readonly SnapshotRoute[]): void {
    this.#gone = keepNamed(this.#gone, routes);
  }

  sum(live: readonly MetricsState[]): MetricsState {
    return sumOfWorkers([this.#own(), ...live], [this.#gone]);
  }
}
