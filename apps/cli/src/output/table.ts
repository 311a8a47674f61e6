import { type Colours, paintState } from './colours.ts';
import { oneLine } from './printable.ts';

export interface Table {
  titles: readonly string[];
  rows: readonly (readonly string[])[];
}

/** Columns of a kind of item; wide ones are shown with `-o wide` only. */
export interface Column<Item> {
  title: string;
  wide?: true;
  cell: (item: Item, now: number) => string;
}

export function tableOf<Item>(
  columns: readonly Column<Item>[],
  items: readonly Item[],
  options: { wide: boolean; now: number },
): Table {
  const shown = columns.filter((column) => options.wide || column.wide !== true);
  return {
    titles: shown.map(({ title }) => title),
    rows: items.map((item) => shown.map(({ cell }) => cell(item, options.now))),
  };
}

/** Titles and rows, aligned with two spaces between columns and none at the end of a line. */
export function renderTable({ titles, rows }: Table, colours: Colours): string {
  const clean = rows.map((row) => row.map((cell) => oneLine(cell) || '-'));
  const widths = columnWidths([titles, ...clean]);
  const heading = renderRow(titles, widths, (text) => colours.bold(text));
  return [heading, ...clean.map((row) => renderRow(row, widths, (text) => paintState(text, colours)))].join('\n');
}

/** Widths that a later row of the same table keeps to, so that watched rows stay in their columns. */
export function columnWidths(rows: readonly (readonly string[])[]): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, width(cell));
  }
  return widths;
}

export function renderRow(row: readonly string[], widths: readonly number[], paint: (text: string) => string): string {
  const last = row.length - 1;
  return row
    .map((cell, index) => {
      const gap = index === last ? 0 : Math.max((widths[index] ?? 0) - width(cell), 0) + 2;
      return `${paint(cell)}${' '.repeat(gap)}`;
    })
    .join('')
    .trimEnd();
}

function width(text: string): number {
  return [...text].length;
}
