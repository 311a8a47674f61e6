import type { SnapshotRoute } from '@signalbox/domain';
import { keepRows, type Metrics, type MetricsState, mergeStates, metricsText } from '@signalbox/runtime';
import { isCallNamedIn } from './call-metrics.ts';
import { genAiDurationTable, genAiTable } from './gen-ai-tables.ts';
import {
  connectionRefusalTable,
  ejectionTable,
  limitTable,
  offerTable,
  pathTable,
  queueTable,
  refusalTable,
  revisionTable,
  routeTable,
  shadowTable,
  shedTable,
  spoolTable,
} from './metric-tables.ts';
import { gatewayTable, workerTable } from './process-tables.ts';
import { isNamedIn } from './revision-metrics.ts';

const tables = [
  revisionTable,
  shadowTable,
  routeTable,
  genAiTable,
  genAiDurationTable,
  pathTable,
  queueTable,
  refusalTable,
  connectionRefusalTable,
  shedTable,
  limitTable,
  ejectionTable,
  offerTable,
  spoolTable,
  gatewayTable,
  workerTable,
];

/** Shows a state on `/metrics`, beside what else the registry holds. */
export function exposeMetrics(metrics: Metrics, state: () => MetricsState | Promise<MetricsState>): void {
  metrics.text(async () => metricsText(tables, await state()));
}

/** One state out of those of several workers, and the last ones of workers that ended, whose counters stay. */
export function sumOfWorkers(live: readonly MetricsState[], gone: readonly MetricsState[] = []): MetricsState {
  return mergeStates(tables, live, gone);
}

/** What stays of workers that ended when a snapshot no longer names everything that they counted. */
export function keepNamed(state: MetricsState, routes: readonly SnapshotRoute[]): MetricsState {
  const names = new Set(routes.map(({ name }) => name));
  const isCallNamed = isCallNamedIn(routes);
  const isNamed = isNamedIn(routes);
  const revisions = keepRows(keepRows(state, revisionTable, isNamed), shadowTable, isNamed);
  const ofRoutes = keepRows(revisions, routeTable, ([name = '']) => names.has(name));
  return keepRows(keepRows(ofRoutes, genAiTable, isCallNamed), genAiDurationTable, isCallNamed);
}
