import { type Metrics, type MetricsState, metricsText, type TableShape } from '@signalbox/runtime';

export interface ShownMetrics {
  shapes: readonly TableShape[];
  state: () => MetricsState | Promise<MetricsState>;
}

/** Shows a state on `/metrics`, beside what else the registry holds. */
export function exposeMetrics(registry: Metrics, { shapes, state }: ShownMetrics): void {
  registry.text(async () => metricsText(shapes, await state()));
}
