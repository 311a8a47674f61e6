import type { SnapshotBackend, SnapshotRoute } from '@signalbox/domain';
import type { Metrics } from '@signalbox/runtime';
import type { EjectionCause } from '../health/replica-health.ts';
import type { AttemptOutcome, RevisionObserver } from './observers.ts';

const seconds = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 180, 600];
const outcomes: readonly AttemptOutcome[] = ['ok', 'callerError', 'error', 'cancelled'];
const revisionLabels = ['route', 'model', 'version', 'revision', 'engine'] as const;
type RevisionLabels = Record<(typeof revisionLabels)[number], string>;
/** A stream may end after its revision has left: counting it would bring the dropped series back for good. */
type Series = { labels: RevisionLabels; isDropped: boolean };

/** The gateway's Prometheus metrics. Series exist for what the snapshot names and are dropped with it. */
export function createGatewayMetrics(metrics: Metrics) {
  const requests = metrics.counter(
    'signalbox_gateway_requests_total',
    'Attempts at replicas by outcome; a request that was sent again counts at both.',
    [...revisionLabels, 'outcome'],
  );
  const ttft = metrics.histogram(
    'signalbox_gateway_ttft_seconds',
    'From the whole request to the first byte of the answer.',
    seconds,
    revisionLabels,
  );
  const duration = metrics.histogram(
    'signalbox_gateway_request_duration_seconds',
    'From the whole request to the end of the attempt.',
    seconds,
    revisionLabels,
  );
  const tokens = metrics.counter(
    'signalbox_gateway_output_tokens_total',
    'As told in usage, else counted frames.',
    revisionLabels,
  );
  const rescued = metrics.counter(
    'signalbox_gateway_rescued_total',
    'Failures of a revision that no caller saw.',
    revisionLabels,
  );
  const refused = metrics.counter('signalbox_gateway_refused_total', 'Requests that the gateway answered itself.', [
    'code',
  ]);
  const retries = metrics.counter('signalbox_gateway_upstream_retries_total', 'Requests sent to a second replica.');
  const ejections = metrics.counter('signalbox_gateway_ejections_total', 'Replicas taken out by this gateway.', [
    'because',
  ]);
  const offers = metrics.counter('signalbox_gateway_snapshots_total', 'Snapshots offered, by what became of them.', [
    'outcome',
  ]);
  const inFlight = metrics.gauge('signalbox_gateway_in_flight', 'Requests being answered.');
  const snapshot = metrics.gauge('signalbox_gateway_snapshot', 'Epoch and number of the snapshot that is served.', [
    'part',
  ]);
  const age = metrics.gauge('signalbox_gateway_snapshot_applied_seconds', 'When the snapshot was applied, Unix time.');
  const connected = metrics.gauge('signalbox_gateway_control_plane_connected', '1 while the snapshot stream is open.');
  const known = new Map<string, Series>();

  const observe = (series: Series): RevisionObserver => {
    const { labels } = series;
    // The children are looked up once per snapshot, not per request.
    const byOutcome = Object.fromEntries(outcomes.map((outcome) => [outcome, requests.labels({ ...labels, outcome })]));
    const [ttftOf, durationOf, tokensOf, rescuedOf] = [
      ttft.labels(labels),
      duration.labels(labels),
      tokens.labels(labels),
      rescued.labels(labels),
    ];
    return {
      firstToken: (afterMs) => {
        if (!series.isDropped) ttftOf.observe(afterMs / 1_000);
      },
      finished: (outcome, durationMs, outputTokens) => {
        if (series.isDropped) return;
        byOutcome[outcome]?.inc();
        durationOf.observe(durationMs / 1_000);
        if (outputTokens > 0) tokensOf.inc(outputTokens);
      },
      rescued: () => {
        if (!series.isDropped) rescuedOf.inc();
      },
    };
  };

  const forget = (labels: RevisionLabels): void => {
    for (const outcome of outcomes) requests.remove({ ...labels, outcome });
    for (const metric of [ttft, duration, tokens, rescued]) metric.remove(labels);
  };

  return {
    revision: (route: SnapshotRoute, backend: SnapshotBackend): RevisionObserver => {
      const labels = labelsOf(route, backend);
      const name = Object.values(labels).join(' ');
      const series = known.get(name) ?? { labels, isDropped: false };
      known.set(name, series);
      return observe(series);
    },
    /** Drops the series of what no longer is in the snapshot. */
    keepOnly: (routes: readonly SnapshotRoute[]): void => {
      const named = new Set(
        routes.flatMap((route) => route.backends.map((backend) => Object.values(labelsOf(route, backend)).join(' '))),
      );
      for (const [name, series] of known) {
        if (named.has(name)) continue;
        series.isDropped = true;
        forget(series.labels);
        known.delete(name);
      }
    },
    refused: (code: string) => refused.inc({ code }),
    retried: () => retries.inc(),
    ejected: (because: EjectionCause) => ejections.inc({ because }),
    offered: (outcome: string) => offers.inc({ outcome }),
    inFlight,
    connected,
    applied: (identity: { epoch: number; number: number }, now: number) => {
      snapshot.set({ part: 'epoch' }, identity.epoch);
      snapshot.set({ part: 'number' }, identity.number);
      age.set(now / 1_000);
    },
  };
}

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;

function labelsOf(route: SnapshotRoute, backend: SnapshotBackend): RevisionLabels {
  return {
    route: route.name,
    model: backend.model,
    version: backend.version,
    revision: `${backend.deployment}/${backend.revision}`,
    engine: backend.engine,
  };
}
