/** One metric within a table. `by` splits it by a label of few, known values. */
export type MetricDefinition = {
  name: string;
  help: string;
  by?: { label: string; values: readonly string[] };
} & (
  | { kind: 'counter' }
  /** `over`: what the value of several processes together is. */
  | { kind: 'gauge'; over: 'sum' | 'max' | 'min' }
  | { kind: 'histogram'; bounds: readonly number[] }
);

/** Where a metric's numbers stand in a row: for each value of `by` one number, or buckets, the open one and the sum. */
export interface Slots {
  readonly definition: MetricDefinition;
  readonly offset: number;
  readonly width: number;
  readonly bounds: Float64Array;
}

/**
 * Metrics that share their labels. A row of it is one `Float64Array`: counting is an addition to a number, several
 * rows are summed by adding arrays, and a row goes to another process as a list of numbers. An `observe` of prom-client
 * costs a microsecond and more, of these 10 ns.
 */
export interface TableShape<Name extends string = string> {
  readonly name: string;
  readonly labels: readonly string[];
  /** Rows say something about one process and end with it, counters and all. */
  readonly perProcess: boolean;
  readonly at: Readonly<Record<Name, Slots>>;
  readonly metrics: readonly Slots[];
  readonly size: number;
}

export function shapeTable<Name extends string>(options: {
  name: string;
  labels: readonly string[];
  perProcess?: boolean;
  metrics: Readonly<Record<Name, MetricDefinition>>;
}): TableShape<Name> {
  let size = 0;
  const at = {} as Record<Name, Slots>;
  for (const name in options.metrics) {
    const definition: MetricDefinition = options.metrics[name];
    const bounds = Float64Array.from(definition.kind === 'histogram' ? definition.bounds : []);
    const width = definition.kind === 'histogram' ? bounds.length + 2 : 1;
    at[name] = { definition, offset: size, width, bounds };
    size += width * (definition.by?.values.length ?? 1);
  }
  const { name, labels, perProcess = false } = options;
  return { name, labels, perProcess, at, metrics: Object.values(at), size };
}

/** `part` is the index among the values of `by`. */
export function addTo(row: Float64Array, slots: Slots, amount: number, part = 0): void {
  const index = slots.offset + part;
  row[index] = (row[index] as number) + amount;
}

export function setIn(row: Float64Array, slots: Slots, value: number, part = 0): void {
  row[slots.offset + part] = value;
}

/** Buckets are kept apart here and told cumulatively when they are rendered. */
export function observeIn(row: Float64Array, slots: Slots, value: number, part = 0): void {
  const { bounds, width } = slots;
  const first = slots.offset + part * width;
  let bucket = 0;
  // Bounds are few and most values are small: a plain walk is faster than halving.
  while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
  const index = first + bucket;
  row[index] = (row[index] as number) + 1;
  const sum = first + width - 1;
  row[sum] = (row[sum] as number) + value;
}
