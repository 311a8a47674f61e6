import type { Attributes, HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Logger } from './logger.ts';
import { type TracingSettings, tracingSettings } from './tracing-settings.ts';

/** A span that is over. Times in ms since the epoch. */
export interface FinishedSpan {
  name: string;
  kind: 'server' | 'client' | 'internal';
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  startedAt: number;
  endedAt: number;
  attributes: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** Why it failed; null when it did not. */
  error: string | null;
}

export interface Tracing {
  /** Queues it for sending; when too many wait they are dropped, and the log says how many. */
  record(span: FinishedSpan): void;
  /** Sends what waits, as far as the collector takes it. */
  stop(): Promise<void>;
}

/**
 * OpenTelemetry's own batching and OTLP/HTTP export (JSON), its resource and its variables; undefined where they name
 * no endpoint, and then none of its code is loaded. Spans are made when all of it is over, so the request path holds
 * no span.
 */
export async function startTracing(options: {
  service: string;
  instanceId: string;
  log: Logger;
  settings?: TracingSettings;
}): Promise<Tracing | undefined> {
  const { isOn, batch } = options.settings ?? tracingSettings();
  if (!isOn) return undefined;
  const [{ diag, DiagLogLevel, SpanKind, SpanStatusCode, TraceFlags }, sdk, { OTLPTraceExporter }, resources, names] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/semantic-conventions'),
    ]);
  // A collector that is away is odd but harms no request.
  const warn = (message: string) => options.log.warn('traces are not sent', { because: message.slice(0, 500) });
  const ignore = () => undefined;
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const resource = resources
    .defaultResource()
    .merge(
      resources.resourceFromAttributes({
        [names.ATTR_SERVICE_NAME]: options.service,
        [names.ATTR_SERVICE_INSTANCE_ID]: options.instanceId,
      }),
    )
    .merge(resources.detectResources({ detectors: [resources.envDetector] }));
  const processor = new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter(), ...batch });
  const instrumentationScope = { name: 'signalbox' };
  const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };
  const contextOf = (traceId: string, spanId: string) => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED });

  const toReadable = (span: FinishedSpan): ReadableSpan => {
    const context = contextOf(span.traceId, span.spanId);
    return {
      name: span.name,
      kind: kinds[span.kind],
      spanContext: () => context,
      ...(span.parentSpanId === null ? {} : { parentSpanContext: contextOf(span.traceId, span.parentSpanId) }),
      startTime: hrTime(span.startedAt),
      endTime: hrTime(span.endedAt),
      duration: hrTime(span.endedAt - span.startedAt),
      status:
        span.error === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: span.error },
      attributes: span.attributes as Attributes,
      links: [],
      events: [],
      ended: true,
      resource,
      instrumentationScope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  };
  return {
    record: (span) => processor.onEnd(toReadable(span)),
    stop: () => processor.shutdown().catch((error: unknown) => warn(String(error))),
  };
}

/** Seconds and nanoseconds. Whole microseconds: a double has no more of them since 1970. */
function hrTime(ms: number): HrTime {
  const microseconds = Math.round(ms * 1_000);
  const seconds = Math.floor(microseconds / 1_000_000);
  return [seconds, (microseconds - seconds * 1_000_000) * 1_000];
}
