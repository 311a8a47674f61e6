import type { TableShape } from './shape.ts';

const separator = '\u0000';
/** Far above what a snapshot names; past it everything new is counted together, so that memory stays bounded. */
const defaultMaxRows = 10_000;

/** The rows of one table in this process, by their labels. Whoever counts keeps the row and looks nothing up. */
export class MetricRows<Name extends string = string> {
  readonly shape: TableShape<Name>;
  readonly #maxRows: number;
  readonly #rows = new Map<string, { labels: readonly string[]; values: Float64Array }>();

  constructor(shape: TableShape<Name>, maxRows: number = defaultMaxRows) {
    this.shape = shape;
    this.#maxRows = maxRows;
  }

  row(...labels: readonly string[]): Float64Array {
    const key = labels.join(separator);
    const known = this.#rows.get(key);
    if (known !== undefined) return known.values;
    if (this.#rows.size >= this.#maxRows && labels.some((value) => value !== 'other'))
      return this.row(...labels.map(() => 'other'));
    const values = new Float64Array(this.shape.size);
    this.#rows.set(key, { labels, values });
    return values;
  }

  /** Rows that go are no longer shown; what is still counted in them by who holds them is lost, as it should be. */
  keep(isKept: (labels: readonly string[]) => boolean): void {
    for (const [key, { labels }] of this.#rows) if (!isKept(labels)) this.#rows.delete(key);
  }

  all(): Iterable<{ labels: readonly string[]; values: Float64Array }> {
    return this.#rows.values();
  }
}
