import type { SnapshotBackend, SnapshotRoute } from '@signalbox/domain';
import { addTo, MetricRows, observeIn } from '@signalbox/runtime';
import { revisionTable } from './metric-tables.ts';
import { ATTEMPT_OUTCOMES, type RevisionObserver } from './observers.ts';

const { requests, ttft, duration, outputTokens, rescued } = revisionTable.at;
const outcomeIndex = Object.fromEntries(ATTEMPT_OUTCOMES.map((outcome, index) => [outcome, index]));

/** Counts attempts per revision of a route. Series exist for what the snapshot names and are dropped with it. */
export class RevisionMetrics {
  readonly rows = new MetricRows(revisionTable);

  observer(route: SnapshotRoute, backend: SnapshotBackend): RevisionObserver {
    const row = this.rows.row(...labelsOf(route, backend));
    return {
      firstToken: (afterMs) => observeIn(row, ttft, afterMs / 1_000),
      finished: (outcome, durationMs, tokens) => {
        addTo(row, requests, 1, outcomeIndex[outcome]);
        observeIn(row, duration, durationMs / 1_000);
        addTo(row, outputTokens, tokens);
      },
      rescued: () => addTo(row, rescued, 1),
    };
  }

  keepOnly(routes: readonly SnapshotRoute[]): void {
    this.rows.keep(isNamedIn(routes));
  }
}

/** Whether a row of attempts belongs to what the snapshot has: for the rows of workers that ended, too. */
export function isNamedIn(routes: readonly SnapshotRoute[]): (labels: readonly string[]) => boolean {
  const named = new Set(
    routes.flatMap((route) => route.backends.map((backend) => labelsOf(route, backend).join('\u0000'))),
  );
  return (labels) => named.has(labels.join('\u0000'));
}

export function labelsOf(route: SnapshotRoute, backend: SnapshotBackend): string[] {
  const { model, version, deployment, revision, engine } = backend;
  return [route.name, model, version, `${deployment}/${revision}`, engine];
}
