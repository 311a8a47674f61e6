import type { MetricRows } from './rows.ts';
import type { Slots, TableShape } from './shape.ts';

/** The numbers of a process as plain data, for another process that adds them up. */
export type MetricsState = Readonly<Record<string, TableState>>;

interface TableState {
  size: number;
  rows: readonly StateRow[];
}

interface StateRow {
  labels: readonly string[];
  values: readonly number[];
}

export function snapshotOf(tables: readonly MetricRows[]): MetricsState {
  return Object.fromEntries(
    tables.map((table) => [
      table.shape.name,
      {
        size: table.shape.size,
        rows: Array.from(table.all(), ({ labels, values }) => ({ labels, values: Array.from(values) })),
      },
    ]),
  );
}

/**
 * Several processes' numbers as one process would have counted them. `gone` are the last words of processes that
 * ended: their counters stay, since a sum that falls reads as a restart to Prometheus and their count as new traffic;
 * their gauges go.
 */
export function mergeStates(
  shapes: readonly TableShape[],
  live: readonly MetricsState[],
  gone: readonly MetricsState[] = [],
): MetricsState {
  return Object.fromEntries(
    shapes.map((shape) => {
      const rows = new Map<string, { labels: readonly string[]; values: number[] }>();
      const take = (state: MetricsState, isLive: boolean): void => {
        for (const row of rowsOf(state, shape)) {
          const key = row.labels.join('\u0000');
          const known = rows.get(key);
          if (known === undefined) rows.set(key, { labels: row.labels, values: firstOf(shape, row, isLive) });
          else addRow(shape, known.values, row, isLive);
        }
      };
      for (const state of live) take(state, true);
      if (!shape.perProcess) for (const state of gone) take(state, false);
      return [shape.name, { size: shape.size, rows: [...rows.values()] }];
    }),
  );
}

/** State without the rows that are no longer wanted, as `MetricRows.keep`. */
export function keepRows(
  state: MetricsState,
  table: TableShape,
  isKept: (labels: readonly string[]) => boolean,
): MetricsState {
  const rows = rowsOf(state, table).filter(({ labels }) => isKept(labels));
  return { ...state, [table.name]: { size: table.size, rows } };
}

/** Processes of two releases may run side by side during an upgrade: a table of another size is another table. */
export function rowsOf(state: MetricsState, shape: TableShape): readonly StateRow[] {
  const table = state[shape.name];
  return table?.size === shape.size ? table.rows : [];
}

function firstOf(shape: TableShape, row: StateRow, isLive: boolean): number[] {
  const values = [...row.values];
  if (!isLive) for (const slots of shape.metrics) if (slots.definition.kind === 'gauge') fill(values, slots, 0);
  return values;
}

function addRow(shape: TableShape, into: number[], row: StateRow, isLive: boolean): void {
  for (const slots of shape.metrics) {
    const { definition } = slots;
    if (definition.kind === 'gauge' && !isLive) continue;
    const merge = definition.kind === 'gauge' ? merges[definition.over] : merges.sum;
    for (let index = slots.offset; index < endOf(slots); index++)
      into[index] = merge(into[index] ?? 0, row.values[index] ?? 0);
  }
}

const merges = {
  sum: (one: number, other: number) => one + other,
  max: Math.max,
  min: Math.min,
} as const;

function fill(values: number[], slots: Slots, value: number): void {
  values.fill(value, slots.offset, endOf(slots));
}

function endOf({ offset, width, definition }: Slots): number {
  return offset + width * (definition.by?.values.length ?? 1);
}
