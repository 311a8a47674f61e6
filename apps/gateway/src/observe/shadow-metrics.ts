import type { SnapshotBackend, SnapshotRoute } from '@signalbox/domain';
import { addTo, MetricRows, observeIn } from '@signalbox/runtime';
import { shadowTable } from './metric-tables.ts';
import { ATTEMPT_OUTCOMES, SHADOW_DROPS, type ShadowObserver } from './observers.ts';
import { isNamedIn, labelsOf } from './revision-metrics.ts';

const { copies, dropped, ttft, duration, outputTokens } = shadowTable.at;
const outcomeIndex = Object.fromEntries(ATTEMPT_OUTCOMES.map((outcome, index) => [outcome, index]));
const dropIndex = Object.fromEntries(SHADOW_DROPS.map((because, index) => [because, index]));

/** Counts copies per revision of a route. */
export class ShadowMetrics {
  readonly rows = new MetricRows(shadowTable);

  observer(route: SnapshotRoute, backend: SnapshotBackend): ShadowObserver {
    const row = this.rows.row(...labelsOf(route, backend));
    return {
      dropped: (because) => addTo(row, dropped, 1, dropIndex[because]),
      firstByte: (afterMs) => observeIn(row, ttft, afterMs / 1_000),
      ended: (outcome, durationMs, tokens) => {
        addTo(row, copies, 1, outcomeIndex[outcome]);
        addTo(row, outputTokens, tokens);
        // The time of a copy that made way says when callers came, and nothing of its revision.
        if (outcome !== 'cancelled') observeIn(row, duration, durationMs / 1_000);
      },
    };
  }

  keepOnly(routes: readonly SnapshotRoute[]): void {
    this.rows.keep(isNamedIn(routes));
  }
}
