import { type Bound, type GoalRow, judge, limitOf, type Measured } from './rounds/goal.ts';

/** The goals with what was measured beside them. */
export function goalTable(sections: readonly { name: string; rows: readonly GoalRow[] }[]): string[] {
  const rows = sections.flatMap(({ name, rows }) =>
    rows.map((row, index) => [
      index === 0 ? name : '',
      row.goal.what,
      boundText(row.goal.must, row.goal.unit),
      row.goal.stretch === undefined ? '–' : boundText(row.goal.stretch, row.goal.unit),
      measuredText(row.measured, row.goal.unit),
      verdictText(row),
    ]),
  );
  const table = [['', 'what', 'must', 'stretch', 'measured (range)', ''], ...rows];
  const widths = table[0]?.map((_, i) => Math.max(...table.map((row) => row[i]?.length ?? 0))) ?? [];
  return table.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function boundText(bound: Bound, unit: string): string {
  return `${'atMost' in bound ? '≤' : '≥'} ${number(limitOf(bound))} ${unit}`.trimEnd();
}

function measuredText(measured: Measured, unit: string): string {
  if (measured.kind === 'notMeasured') return '–';
  const { value, low, high } = measured;
  const range = low === high ? '' : ` (${number(low)} … ${number(high)})`;
  return `${number(value)} ${unit}`.trimEnd() + range;
}

function verdictText(row: GoalRow): string {
  const verdict = judge(row);
  switch (verdict.kind) {
    case 'stretch':
      return row.goal.stretch === undefined ? 'met' : 'met, also the stretch';
    case 'met':
      return 'met';
    case 'missed':
      return `MISSED by ${number(verdict.by)} ${row.goal.unit}`.trimEnd() + percentText(verdict.percent);
    case 'unknown':
      return row.measured.kind === 'notMeasured' ? `not measured: ${row.measured.because}` : 'not measured';
  }
}

function percentText(percent: number): string {
  return Number.isFinite(percent) ? ` (${number(percent)} %)` : '';
}

/** Three significant digits: more would claim more than was measured. Counts and bounds as they are. */
function number(value: number): string {
  return (Number.isInteger(value) ? value : Number(value.toPrecision(3))).toLocaleString('en-US');
}
