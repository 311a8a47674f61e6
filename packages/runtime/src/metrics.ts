import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type { Counter, Gauge, Histogram } from 'prom-client';

/** The process' Prometheus registry. Label values come from small, known sets. */
export interface Metrics {
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  histogram<L extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly L[],
  ): Histogram<L>;
  /** Lines in the text format that somebody else keeps, asked for at each rendering. */
  text(source: () => string | Promise<string>): void;
  /** Text exposition format and its content type. */
  render(): Promise<{ contentType: string; body: string }>;
}

export function createMetrics(options: { processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.processMetrics ?? true) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const sources: (() => string | Promise<string>)[] = [];
  return {
    counter: (name, help, labels = []) => new Counter({ name, help, labelNames: [...labels], registers }),
    gauge: (name, help, labels = []) => new Gauge({ name, help, labelNames: [...labels], registers }),
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ name, help, buckets: [...buckets], labelNames: [...labels], registers }),
    text: (source) => {
      sources.push(source);
    },
    render: async () => {
      const parts = await Promise.all([registry.metrics(), ...sources.map((source) => source())]);
      return { contentType: registry.contentType, body: parts.join('') };
    },
  };
}
