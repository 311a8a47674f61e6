/** OpenTelemetry's standard variables, as far as its packages leave them to whoever puts them together. */
export interface TracingSettings {
  /** Spans are made and sent. Off unless an endpoint was named. */
  isOn: boolean;
  /** Which part of the traces that begin here are sampled; a caller's own decision always holds. */
  ratio: number;
  batch: {
    scheduledDelayMillis: number;
    maxQueueSize: number;
    maxExportBatchSize: number;
    exportTimeoutMillis: number;
  };
}

type Variables = Readonly<Record<string, string | undefined>>;

export function tracingSettings(env: Variables = process.env): TracingSettings {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT || '';
  const isDisabled = env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none';
  return {
    isOn: endpoint !== '' && !isDisabled,
    ratio: ratioOf(env),
    batch: {
      scheduledDelayMillis: numberOf(env.OTEL_BSP_SCHEDULE_DELAY, 5_000),
      maxQueueSize: numberOf(env.OTEL_BSP_MAX_QUEUE_SIZE, 8_192),
      maxExportBatchSize: numberOf(env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, 512),
      exportTimeoutMillis: numberOf(env.OTEL_BSP_EXPORT_TIMEOUT, 30_000),
    },
  };
}

function ratioOf({ OTEL_TRACES_SAMPLER: sampler = '', OTEL_TRACES_SAMPLER_ARG: argument }: Variables): number {
  if (sampler.endsWith('always_off')) return 0;
  if (!sampler.endsWith('traceidratio') || argument === undefined || argument.trim() === '') return 1;
  const ratio = Number(argument);
  return ratio >= 0 && ratio <= 1 ? ratio : 1;
}

/** What is no number counts as absent, as the specification wants it. */
function numberOf(text: string | undefined, otherwise: number): number {
  const value = Number(text ?? '');
  return text === undefined || text.trim() === '' || !Number.isInteger(value) || value <= 0 ? otherwise : value;
}
