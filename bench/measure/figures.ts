import { type Spread, spreadOf } from './quantiles.ts';

const quantities = ['min', 'p50', 'p90', 'p99', 'max'] as const satisfies readonly (keyof Spread)[];

/** A row per figure, with its spread: a number alone hides how sure it is. */
export function figureLines(figures: readonly { name: string; unit: string; samples: readonly number[] }[]): string[] {
  if (figures.length === 0) return [];
  const rows = figures.map(({ name, unit, samples }) => {
    const spread = spreadOf(samples);
    const cells = quantities.map((quantity) => (spread === undefined ? '-' : shown(spread[quantity])));
    return [name, unit, `${samples.length}`, ...cells];
  });
  const table = [['', 'unit', 'samples', ...quantities], ...rows];
  const widths = table[0]?.map((_, i) => Math.max(...table.map((row) => row[i]?.length ?? 0))) ?? [];
  return table.map((row) => {
    const cells = row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
    return `  ${cells.join('  ')}`;
  });
}

function shown(value: number): string {
  if (value === 0) return '0';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}
