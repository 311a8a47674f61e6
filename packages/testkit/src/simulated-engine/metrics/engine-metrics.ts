import type { FamilyName } from './catalogue.ts';
import { families } from './catalogue.ts';
import type { Labels } from './exposition.ts';
import { Histogram, head, sample } from './exposition.ts';

type NameOf<T extends 'gauge' | 'counter' | 'histogram'> = Extract<
  (typeof families)[number],
  { readonly type: T }
>['name'];
export type CounterName = NameOf<'counter'>;
export type HistogramName = NameOf<'histogram'>;
export type GaugeName = NameOf<'gauge'>;

/** One sample beside the labels that every family has. */
export type GaugeSample = { readonly labels: Labels; readonly value: number };
export type Gauges = Readonly<Record<GaugeName, readonly GaugeSample[]>>;

/** Counters that are split by a label show every value of it from the start, at 0. */
const splitBy: Partial<Record<FamilyName, { readonly label: string; readonly values: readonly string[] }>> = {
  'vllm:prompt_tokens_by_source': {
    label: 'source',
    values: ['local_compute', 'local_cache_hit', 'external_kv_transfer'],
  },
  'vllm:prompt_tokens_cached_by_source': {
    label: 'source',
    values: ['device', 'host', 'p2p', 'disk', 'external_unspecified'],
  },
  'vllm:request_success': { label: 'finished_reason', values: ['stop', 'length', 'abort', 'error', 'repetition'] },
  'vllm:admission_rejections': { label: 'reason', values: ['max_num_queued_reqs', 'max_num_queued_tokens'] },
};

/** Everything that only grows. What is true at this moment (gauges) is asked for when it is rendered. */
export class EngineMetrics {
  readonly #labels: Labels;
  readonly #createdSeconds: number;
  readonly #counters = new Map<string, number>();
  readonly #histograms = new Map<string, Histogram>();

  constructor(modelName: string, createdSeconds: number) {
    this.#labels = { engine: '0', model_name: modelName };
    this.#createdSeconds = createdSeconds;
    for (const family of families) {
      if (family.type === 'histogram') this.#histograms.set(family.name, new Histogram(family.buckets));
    }
  }

  add(name: CounterName, by: number, splitValue = ''): void {
    const key = `${name} ${splitValue}`;
    this.#counters.set(key, (this.#counters.get(key) ?? 0) + by);
  }

  count(name: CounterName, splitValue = ''): number {
    return this.#counters.get(`${name} ${splitValue}`) ?? 0;
  }

  observe(name: HistogramName, value: number): void {
    this.#histograms.get(name)?.observe(value);
  }

  render(gauges: Gauges): string {
    const lines: string[] = [];
    for (const family of families) {
      if (family.type === 'counter') lines.push(...this.#counter(family.name, family.help));
      else if (family.type === 'histogram') lines.push(...this.#histogram(family.name, family.help));
      else {
        lines.push(head(family.name, 'gauge', family.help));
        for (const { labels, value } of gauges[family.name]) {
          lines.push(sample(family.name, { ...this.#labelsOf(family.name), ...labels }, value));
        }
      }
    }
    return `${lines.join('\n')}\n`;
  }

  #counter(name: CounterName, help: string): string[] {
    const split = splitBy[name];
    const rows = (split?.values ?? ['']).map((value) => ({
      labels: { ...this.#labelsOf(name), ...(split === undefined ? {} : { [split.label]: value }) },
      value: this.count(name, value),
    }));
    return [
      head(`${name}_total`, 'counter', help),
      ...rows.map(({ labels, value }) => sample(`${name}_total`, labels, value)),
      head(`${name}_created`, 'gauge', help),
      ...rows.map(({ labels }) => sample(`${name}_created`, labels, this.#createdSeconds)),
    ];
  }

  #histogram(name: HistogramName, help: string): string[] {
    return [
      head(name, 'histogram', help),
      ...(this.#histograms.get(name)?.samples(name, this.#labels) ?? []),
      head(`${name}_created`, 'gauge', help),
      sample(`${name}_created`, this.#labels, this.#createdSeconds),
    ];
  }

  #labelsOf(name: FamilyName): Labels {
    const { engine = '', model_name = '' } = this.#labels;
    // Admission is counted before an engine is chosen; the cache's configuration is not a model's.
    if (name === 'vllm:admission_rejections') return { model_name };
    return name === 'vllm:cache_config_info' ? { engine } : this.#labels;
  }
}
