import type { SnapshotRoute } from '@signalbox/domain';
import { keepRows, type MetricsState, mergeStates } from '@signalbox/runtime';
import { isCallNamedIn } from './call-metrics.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import { genAiDurationTable, genAiTable } from './gen-ai-tables.ts';
import { revisionTable, routeTable, shadowTable } from './metric-tables.ts';
import { isNamedIn } from './revision-metrics.ts';

/** The metrics of a gateway of several processes, as those of one. */
export class GatheredMetrics {
  readonly #own: Pick<GatewayMetrics, 'shapes' | 'state'>;
  /** The last ones of workers that ended: their counters stay. */
  #gone: MetricsState = {};

  /** `own` are those of the process that gathers. */
  constructor(own: Pick<GatewayMetrics, 'shapes' | 'state'>) {
    this.#own = own;
  }

  /** A worker ended; these were its last. */
  departed(state: MetricsState): void {
    this.#gone = mergeStates(this.#own.shapes, [], [this.#gone, state]);
  }

  /** Drops the series of what no longer is in the snapshot, as each worker does by itself. */
  keepOnly(routes: readonly SnapshotRoute[]): void {
    this.#gone = keepNamed(this.#gone, routes);
  }

  sum(live: readonly MetricsState[]): MetricsState {
    return mergeStates(this.#own.shapes, [this.#own.state(), ...live], [this.#gone]);
  }
}

function keepNamed(state: MetricsState, routes: readonly SnapshotRoute[]): MetricsState {
  const names = new Set(routes.map(({ name }) => name));
  const isCallNamed = isCallNamedIn(routes);
  const isNamed = isNamedIn(routes);
  const revisions = keepRows(keepRows(state, revisionTable, isNamed), shadowTable, isNamed);
  const ofRoutes = keepRows(revisions, routeTable, ([name = '']) => names.has(name));
  return keepRows(keepRows(ofRoutes, genAiTable, isCallNamed), genAiDurationTable, isCallNamed);
}
