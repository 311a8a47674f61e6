import type { Slots, TableShape } from './shape.ts';
import { type MetricsState, rowsOf } from './state.ts';

/** The state in Prometheus' text format. Histograms without an observation are left out: they are most of the text. */
export function metricsText(shapes: readonly TableShape[], state: MetricsState): string {
  const lines: string[] = [];
  for (const shape of shapes) {
    const rows = rowsOf(state, shape).map(({ labels, values }) => ({
      // An empty value means the same as no label.
      labels: labels.flatMap((value, index) => (value === '' ? [] : labelText(shape.labels[index] ?? '', value))),
      values,
    }));
    for (const slots of shape.metrics) {
      const { name, help, kind, by } = slots.definition;
      lines.push(`# HELP ${name} ${escapedHelp(help)}`, `# TYPE ${name} ${kind}`);
      for (const { labels, values } of rows) {
        if (by === undefined) series(lines, slots, labels, values, 0);
        else
          by.values.forEach((value, part) => {
            series(lines, slots, [...labels, labelText(by.label, value)], values, part);
          });
      }
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function series(
  lines: string[],
  slots: Slots,
  labels: readonly string[],
  values: readonly number[],
  part: number,
): void {
  const { name, kind } = slots.definition;
  const first = slots.offset + part * slots.width;
  const set = labels.length === 0 ? '' : `{${labels.join(',')}}`;
  if (kind !== 'histogram') {
    lines.push(`${name}${set} ${numberText(values[first] ?? 0)}`);
    return;
  }
  const buckets = values.slice(first, first + slots.width - 1);
  const total = buckets.reduce((sum, inBucket) => sum + inBucket, 0);
  if (total === 0) return;
  let count = 0;
  buckets.forEach((inBucket, index) => {
    count += inBucket;
    const bound = index < slots.bounds.length ? numberText(slots.bounds[index] ?? 0) : '+Inf';
    lines.push(`${name}_bucket{${[...labels, `le="${bound}"`].join(',')}} ${count}`);
  });
  lines.push(`${name}_sum${set} ${numberText(values[first + slots.width - 1] ?? 0)}`, `${name}_count${set} ${total}`);
}

function labelText(name: string, value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `${name}="${escaped}"`;
}

function escapedHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
