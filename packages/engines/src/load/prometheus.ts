export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

const line = /^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})?[ \t]+([^ \t]+)/;
const label = /([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** Reads the wanted series out of Prometheus' text and skips the rest unparsed: engines print thousands of lines. */
export function readSeries(text: string, wanted: readonly string[]): ReadonlyMap<string, readonly Sample[]> {
  const series = new Map<string, Sample[]>();
  for (const row of text.split('\n')) {
    if (!wanted.some((name) => row.startsWith(name))) continue;
    const [, name = '', labels = '', written = ''] = line.exec(row) ?? [];
    const value = Number(written);
    if (!wanted.includes(name) || !Number.isFinite(value)) continue;
    const samples = series.get(name) ?? [];
    samples.push({ labels: readLabels(labels), value });
    series.set(name, samples);
  }
  return series;
}

function readLabels(written: string): Record<string, string> {
  return Object.fromEntries([...written.matchAll(label)].map(([, name = '', value = '']) => [name, value]));
}

/** Null, not zero, where there is no sample: a series that is missing is unknown. */
export function sum(samples: readonly Sample[] | undefined): number | null {
  if (samples === undefined || samples.length === 0) return null;
  return samples.reduce((total, sample) => total + sample.value, 0);
}

export function highest(samples: readonly Sample[] | undefined): number | null {
  if (samples === undefined || samples.length === 0) return null;
  return Math.max(...samples.map((sample) => sample.value));
}

/** Whether any series with this prefix is described or present. */
export function hasPrefix(text: string, prefix: string): boolean {
  return text.startsWith(prefix) || text.includes(`\n${prefix}`) || text.includes(`# TYPE ${prefix}`);
}
