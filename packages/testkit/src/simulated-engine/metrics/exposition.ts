/** Prometheus text as Python's client writes it, down to the numbers. */
export type Labels = Readonly<Record<string, string>>;

/** 1 is `1.0`, 1795321424.5 is `1.7953214245e+09`. */
export function formatNumber(value: number): string {
  const plain = Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
  const dot = plain.indexOf('.');
  if (value <= 0 || dot <= 6 || plain.includes('e')) return plain;
  const digits = `${plain[0]}.${plain.slice(1, dot)}${plain.slice(dot + 1)}`.replace(/[0.]+$/, '');
  return `${digits}e+${String(dot - 1).padStart(2, '0')}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

export function sample(name: string, labels: Labels, value: number): string {
  const names = Object.keys(labels).sort();
  const shown = names.map((label) => `${label}="${escapeLabel(labels[label] ?? '')}"`).join(',');
  return `${name}${shown === '' ? '' : `{${shown}}`} ${formatNumber(value)}`;
}

export function head(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}`;
}

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count += 1;
    const at = this.#bounds.findIndex((bound) => value <= bound);
    if (at >= 0) this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  samples(name: string, labels: Labels): string[] {
    let upTo = 0;
    const buckets = this.#bounds.map((bound, i) => {
      upTo += this.#counts[i] ?? 0;
      return sample(`${name}_bucket`, { ...labels, le: formatNumber(bound) }, upTo);
    });
    return [
      ...buckets,
      sample(`${name}_bucket`, { ...labels, le: '+Inf' }, this.#count),
      sample(`${name}_count`, labels, this.#count),
      sample(`${name}_sum`, labels, this.#sum),
    ];
  }
}
