import { Histogram, head, sample } from './exposition.ts';

const byHandlerBuckets = [0.1, 0.5, 1];
const fineBuckets = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60,
];

/** Not counted, as vLLM sets up its instrumentation. */
const unmeasured = new Set(['/metrics', '/health', '/load', '/ping', '/version', '/server_info']);

type Size = { count: number; sum: number };

export type HttpExchangeFacts = {
  readonly handler: string;
  readonly method: string;
  readonly status: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly seconds: number;
};

/** The families that FastAPI's instrumentation adds to vLLM's /metrics. */
export class HttpMetrics {
  readonly #createdSeconds: number;
  readonly #requests = new Map<string, { handler: string; method: string; status: string; count: number }>();
  readonly #requestSizes = new Map<string, Size>();
  readonly #responseSizes = new Map<string, Size>();
  readonly #durations = new Map<string, { handler: string; method: string; histogram: Histogram }>();
  readonly #fine = new Histogram(fineBuckets);

  constructor(createdSeconds: number) {
    this.#createdSeconds = createdSeconds;
  }

  record({ handler, method, status, requestBytes, responseBytes, seconds }: HttpExchangeFacts): void {
    if (unmeasured.has(handler) || handler.startsWith('/simulated/')) return;
    const kind = `${Math.floor(status / 100)}xx`;
    const key = `${handler} ${method} ${kind}`;
    const row = this.#requests.get(key) ?? { handler, method, status: kind, count: 0 };
    row.count += 1;
    this.#requests.set(key, row);
    addSize(this.#requestSizes, handler, requestBytes);
    addSize(this.#responseSizes, handler, responseBytes);
    const durationKey = `${handler} ${method}`;
    const duration = this.#durations.get(durationKey) ?? {
      handler,
      method,
      histogram: new Histogram(byHandlerBuckets),
    };
    duration.histogram.observe(seconds);
    this.#durations.set(durationKey, duration);
    this.#fine.observe(seconds);
  }

  render(): string {
    const total = 'Total number of requests by method, status and handler.';
    const fine =
      'Latency with many buckets but no API specific labels. Made for more accurate percentile calculations. ';
    const coarse =
      'Latency with only few buckets by handler. Made to be only used if aggregation by handler is important. ';
    const durations = [...this.#durations.values()];
    const lines = [
      head('http_requests_total', 'counter', total),
      ...[...this.#requests.values()].map(({ count, ...labels }) => sample('http_requests_total', labels, count)),
      ...sizes('http_request_size_bytes', 'incoming requests', this.#requestSizes),
      ...sizes('http_response_size_bytes', 'outgoing responses', this.#responseSizes),
      head('http_request_duration_highr_seconds', 'histogram', fine),
      ...this.#fine.samples('http_request_duration_highr_seconds', {}),
      head('http_request_duration_highr_seconds_created', 'gauge', fine),
      sample('http_request_duration_highr_seconds_created', {}, this.#createdSeconds),
      head('http_request_duration_seconds', 'histogram', coarse),
      ...durations.flatMap(({ handler, method, histogram }) =>
        histogram.samples('http_request_duration_seconds', { handler, method }),
      ),
    ];
    return `${lines.join('\n')}\n`;
  }
}

function addSize(sizes: Map<string, Size>, handler: string, bytes: number): void {
  const size = sizes.get(handler) ?? { count: 0, sum: 0 };
  size.count += 1;
  size.sum += bytes;
  sizes.set(handler, size);
}

function sizes(name: string, of: string, values: ReadonlyMap<string, Size>): string[] {
  const help = `Content length of ${of} by handler. Only value of header is respected. Otherwise ignored. No percentile calculated. `;
  return [
    head(name, 'summary', help),
    ...[...values].flatMap(([handler, { count, sum }]) => [
      sample(`${name}_count`, { handler }, count),
      sample(`${name}_sum`, { handler }, sum),
    ]),
  ];
}
