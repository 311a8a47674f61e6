import type { Spread } from '../measure/quantiles.ts';
import type { CheckedRevision } from './gateway-counts.ts';
import type { RevisionTally, Tally } from './tally.ts';
import { seconds, type Timeline } from './timeline.ts';

export interface ReplayReport {
  tally: Tally;
  latenessMs: Spread | undefined;
  timeline: Timeline;
  /** Undefined: no gateway told its counts. */
  checked: readonly CheckedRevision[] | undefined;
  /** Requests that were sent and have no outcome. */
  unaccounted: number;
  storyError: string | undefined;
}

export function reportLines(report: ReplayReport): string[] {
  const { tally, latenessMs, timeline, checked } = report;
  return [
    '',
    'events',
    ...timeline.events.map(({ atMs, what }) => `  ${seconds(atMs)}  ${what}`),
    ...(report.storyError === undefined ? [] : [`  the story broke off: ${report.storyError}`]),
    '',
    'requests',
    `  sent                                  ${tally.sent}  (${tally.streamed} streamed)`,
    `  served, whole and of the length asked ${tally.served}`,
    `  failed                                ${tally.failed}`,
    `  cut by the kill (had begun)           ${tally.cutByKill}`,
    `  unaccounted, or without a revision    ${report.unaccounted + tally.withoutRevision}`,
    `  went out late by                      ${latenessMs === undefined ? '-' : `p50 ${ms(latenessMs.p50)}, p99 ${ms(latenessMs.p99)}, max ${ms(latenessMs.max)} ms`}`,
    ...tally.causes.map(
      ({ verdict, cause, count, requestIds }) => `  ${verdict} ${count} × ${cause} (${requestIds.join(', ')})`,
    ),
    '',
    ...revisionTable(tally.revisions),
    '',
    ...checkLines(checked),
  ];
}

/** All requests are accounted for and none failed; what a kill cut is told, but is no failure of a rollout. */
export function isGood({ tally, checked, unaccounted, storyError }: ReplayReport): boolean {
  const agrees = checked === undefined || checked.every(({ agree }) => agree);
  return tally.failed === 0 && tally.withoutRevision === 0 && unaccounted === 0 && agrees && storyError === undefined;
}

function revisionTable(rows: readonly RevisionTally[]): string[] {
  const head = [
    'revision',
    'version',
    'served',
    'cut',
    'failed',
    'tokens',
    'TTFT p50',
    'p90',
    'p99',
    'whole p50',
    'p99',
  ];
  const cells = rows.map((row) => [
    row.revision,
    row.version,
    `${row.served}`,
    `${row.cutByKill}`,
    `${row.failed}`,
    `${row.tokens}`,
    ms(row.ttftMs?.p50),
    ms(row.ttftMs?.p90),
    ms(row.ttftMs?.p99),
    ms(row.durationMs?.p50),
    ms(row.durationMs?.p99),
  ]);
  return ['per revision (ms; TTFT of streams, as callers saw it)', ...columns([head, ...cells])];
}

function checkLines(checked: readonly CheckedRevision[] | undefined): string[] {
  if (checked === undefined) return ['cross-check: left out, no --admin-url was given'];
  const rows = checked.map((row) => [
    row.revision,
    `${row.gateways}`,
    `${row.callers}`,
    `${row.rescued}`,
    row.agree ? 'agree' : 'DIFFER',
  ]);
  return [
    "cross-check with the gateways' own counts",
    ...columns([['revision', 'gateways', 'callers', 'rescued unseen', ''], ...rows]),
  ];
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows.map((row) => `  ${row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ')}`.trimEnd());
}

function ms(value: number | undefined): string {
  if (value === undefined) return '-';
  return value < 10 ? value.toFixed(1) : `${Math.round(value)}`;
}
