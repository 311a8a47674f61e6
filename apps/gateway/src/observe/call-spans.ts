import type { FinishedSpan, Tracing } from '@signalbox/runtime';
import { type CallSummary, errorTypeOf } from './call-summary.ts';
import { operationName } from './operation-name.ts';

type Attributes = FinishedSpan['attributes'];

/** Sends the spans of sampled calls. Without tracing it does nothing, and nothing is made. */
export function createCallTraces(
  tracing: Pick<Tracing, 'record'> | undefined,
  hex: (digits: number) => string,
): (call: CallSummary) => void {
  if (tracing === undefined) return () => undefined;
  return (call) => {
    if (call.sampled) for (const span of spansOf(call, () => hex(16))) tracing.record(span);
  };
}

/**
 * The tree of a finished call by OpenTelemetry's conventions for generative AI: the whole of it, and under it the
 * queue, each attempt and the stream. The root is the span that the engines were told of, so theirs hang below it.
 * Neither keys nor prompts are in it.
 */
export function spansOf(call: CallSummary, newSpanId: () => string): FinishedSpan[] {
  const { traceId, startedAt, queuedMs, firstByteMs, durationMs } = call;
  const error = errorTypeOf(call);
  const child = (
    name: string,
    fromMs: number,
    toMs: number,
    rest: Partial<Pick<FinishedSpan, 'kind' | 'attributes' | 'error'>> = {},
  ): FinishedSpan => ({
    name,
    kind: 'internal',
    traceId,
    spanId: newSpanId(),
    parentSpanId: call.spanId,
    startedAt: startedAt + fromMs,
    endedAt: startedAt + toMs,
    attributes: {},
    error: null,
    ...rest,
  });
  const spans: FinishedSpan[] = [
    {
      name: `${operationName(call.operation)} ${call.route.name}`,
      kind: 'client',
      traceId,
      spanId: call.spanId,
      parentSpanId: call.parentSpanId,
      startedAt,
      endedAt: startedAt + durationMs,
      attributes: { ...requestAttributes(call), ...answerAttributes(call) },
      error,
    },
  ];
  if (queuedMs > 0) spans.push(child('queue', 0, queuedMs));
  call.attempts.forEach((attempt, index) => {
    const { replicaId, revision, startedMs, endedMs, failure } = attempt;
    const errorType = failure?.replace('status ', '');
    spans.push(
      child(`attempt ${index + 1}`, startedMs, endedMs, {
        kind: 'client',
        attributes: present({
          'signalbox.replica': replicaId,
          'signalbox.revision': revision,
          'error.type': errorType,
        }),
        error: failure,
      }),
    );
  });
  if (call.stream && firstByteMs !== null)
    spans.push(child('stream', firstByteMs, durationMs, { attributes: { 'signalbox.frames': call.frames } }));
  return spans;
}

function requestAttributes(call: CallSummary): Attributes {
  return present({
    'gen_ai.operation.name': operationName(call.operation),
    'gen_ai.provider.name': call.backend?.engine ?? 'signalbox',
    'gen_ai.request.model': call.route.name,
    'gen_ai.request.stream': call.stream ? true : undefined,
    'gen_ai.request.max_tokens': call.maxOutputTokens,
    'gen_ai.request.choice.count': call.choices === 1 ? undefined : call.choices,
    'signalbox.route': call.route.name,
    'signalbox.hold_ms': call.queuedMs,
    'signalbox.tries': call.attempts.length,
  });
}

function answerAttributes(call: CallSummary): Attributes {
  const { backend, tokens, firstByteMs } = call;
  const isCounted = call.exactness === 'exact' || call.exactness === 'partial';
  return present({
    'http.response.status_code': call.status === 0 ? undefined : call.status,
    'error.type': errorTypeOf(call),
    'gen_ai.response.model': backend?.model,
    'gen_ai.response.finish_reasons': call.finishReason === null ? undefined : [call.finishReason],
    'gen_ai.response.time_to_first_chunk': call.stream && firstByteMs !== null ? firstByteMs / 1_000 : undefined,
    'gen_ai.usage.input_tokens': isCounted ? tokens.input : undefined,
    'gen_ai.usage.output_tokens': isCounted ? tokens.output : undefined,
    'gen_ai.usage.cache_read.input_tokens': isCounted ? tokens.cached : undefined,
    'gen_ai.usage.reasoning.output_tokens': isCounted && tokens.reasoning > 0 ? tokens.reasoning : undefined,
    'signalbox.revision': backend === null ? undefined : `${backend.deployment}/${backend.revision}`,
    'signalbox.model_version': backend?.version,
  });
}

function present(attributes: Readonly<Record<string, Attributes[string] | null | undefined>>): Attributes {
  const known: Record<string, Attributes[string]> = {};
  for (const [name, value] of Object.entries(attributes)) if (value != null) known[name] = value;
  return known;
}
