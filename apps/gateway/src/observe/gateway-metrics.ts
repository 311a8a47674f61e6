import { LIMITED_QUANTITIES, type LimitedQuantity, type SnapshotBackend, type SnapshotRoute } from '@signalbox/domain';
import { addTo, MetricRows, type MetricsState, type ProcessReadings, setIn, snapshotOf } from '@signalbox/runtime';
import type { ConnectionRefusal } from '../callers/caller-server.ts';
import type { EjectionCause } from '../health/replica-health.ts';
import { CallMetrics } from './call-metrics.ts';
import type { CallPath, CallSummary } from './call-summary.ts';
import { Levels } from './levels.ts';
import {
  connectionRefusalTable,
  ejectionTable,
  limitTable,
  offerTable,
  pathTable,
  refusalTable,
  shedTable,
} from './metric-tables.ts';
import type { RevisionObserver, ShadowObserver } from './observers.ts';
import { gatewayTable } from './process-tables.ts';
import { RevisionMetrics } from './revision-metrics.ts';
import { ShadowMetrics } from './shadow-metrics.ts';

const { retries, inFlight, snapshot, appliedAt, connected } = gatewayTable.at;

/** What one process of the gateway counts, as plain numbers: its `state` is shown, or goes to the process that does. */
export function createGatewayMetrics(options: { worker?: string; readings?: ProcessReadings } = {}) {
  const revisions = new RevisionMetrics();
  const shadows = new ShadowMetrics();
  const calls = new CallMetrics();
  const [refusals, connectionRefusals, sheds, limits] = [
    new MetricRows(refusalTable),
    new MetricRows(connectionRefusalTable),
    new MetricRows(shedTable),
    new MetricRows(limitTable),
  ];
  const [ejections, offers, gateway] = [
    new MetricRows(ejectionTable),
    new MetricRows(offerTable),
    new MetricRows(gatewayTable),
  ];
  const row = gateway.row();
  const { routes, paths, queues, genAi, durations } = calls;
  const levels = new Levels({ paths, queues, gateway: row }, options);
  const { records, workers } = levels;
  const tables = [
    ...[revisions.rows, shadows.rows, routes, genAi, durations, paths, queues],
    ...[refusals, connectionRefusals, sheds, limits, ejections, offers, records, gateway, workers],
  ];
  const count = (rows: MetricRows<'count'>, label: string) => addTo(rows.row(label), rows.shape.at.count, 1);

  const state = (): MetricsState => {
    levels.read();
    return snapshotOf(tables);
  };
  return {
    state,
    shapes: tables.map(({ shape }) => shape),
    revision: (route: SnapshotRoute, backend: SnapshotBackend): RevisionObserver => revisions.observer(route, backend),
    shadow: (route: SnapshotRoute, backend: SnapshotBackend): ShadowObserver => shadows.observer(route, backend),
    /** Drops the series of what no longer is in the snapshot. */
    keepOnly: (routes: readonly SnapshotRoute[]): void => {
      revisions.keepOnly(routes);
      shadows.keepOnly(routes);
      calls.keepOnly(routes);
    },
    callEnded: (call: CallSummary): void => calls.ended(call),
    refused: (code: string): void => count(refusals, code),
    connectionRefused: (because: ConnectionRefusal): void => count(connectionRefusals, because),
    shed: (reason: string): void => count(sheds, reason),
    limited: (of: LimitedQuantity, per: 'minute' | 'day' | null): void =>
      addTo(limits.row(per ?? ''), limitTable.at.refused, 1, LIMITED_QUANTITIES.indexOf(of)),
    retried: () => addTo(row, retries, 1),
    ejected: (because: EjectionCause) => count(ejections, because),
    offered: (outcome: string) => count(offers, outcome),
    accepted: (path: CallPath) => addTo(paths.row(path), pathTable.at.accepted, 1),
    inFlight: { inc: () => addTo(row, inFlight, 1), dec: () => addTo(row, inFlight, -1) },
    connected: { set: (value: number) => setIn(row, connected, value) },
    applied: (identity: { epoch: number; number: number }, now: number) => {
      setIn(row, snapshot, identity.epoch, 0);
      setIn(row, snapshot, identity.number, 1);
      setIn(row, appliedAt, now / 1_000);
    },
    /** Asked for the present levels whenever the metrics are read, instead of being told every change. */
    onRead: (source: (levels: Levels) => void) => levels.from(source),
  };
}

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;
