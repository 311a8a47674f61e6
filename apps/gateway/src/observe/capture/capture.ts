import type { SnapshotRoute } from '@signalbox/domain';
import type { LineWriter, Logger, TimeBound } from '@signalbox/runtime';
import type { CallSummary } from '../call-summary.ts';
import { type LineParts, type LineStyle, lineParts } from '../log-lines.ts';
import { completionText, promptText } from './captured-text.ts';
import { isCaptured } from './is-captured.ts';
import { compileRedactions, type RedactedText, type Redaction, redact } from './redact.ts';

/** What passes is kept up to here; parsing more would hold up other requests. */
const maxBytes = 512 * 1024;
/** So often may a route's expressions take too long before its requests are no longer captured. */
const maxSlow = 3;

/** Collects the answer of a call that is captured. */
export class CaptureTap {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  /** Copies: the chunk may lie in a buffer that is read into again. */
  answer(chunk: Buffer): void {
    if (this.#bytes >= maxBytes) return;
    const kept = chunk.subarray(0, maxBytes - this.#bytes);
    this.#chunks.push(Buffer.from(kept));
    this.#bytes += kept.length;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

interface Policy {
  basisPoints: number;
  own: readonly Redaction[];
  slow: number;
}

/**
 * Prompts and completions in the log: only of routes that ask for it, only of a sample, redacted, shortened, in lines
 * of their own. Whatever goes wrong, the text is left out.
 */
export class Capture {
  readonly #writer: Pick<LineWriter, 'write'>;
  readonly #parts: LineParts;
  readonly #log: Logger;
  readonly #within: TimeBound;
  readonly #policies = new WeakMap<SnapshotRoute, Policy>();

  /** `within` is what one capture's redaction may take. */
  constructor(options: { writer: Pick<LineWriter, 'write'>; style: LineStyle; log: Logger; within: TimeBound }) {
    this.#writer = options.writer;
    this.#parts = lineParts('capture', options.style);
    this.#log = options.log;
    this.#within = options.within;
  }

  /** Null for nearly every call. */
  begin(route: SnapshotRoute, requestId: string): CaptureTap | null {
    if (route.capture == null) return null;
    const { basisPoints, slow } = this.#policyOf(route, route.capture);
    return slow < maxSlow && isCaptured(requestId, basisPoints) ? new CaptureTap() : null;
  }

  ended(call: CallSummary, body: Buffer, tap: CaptureTap): void {
    const { route } = call;
    if (route.capture == null) return;
    const policy = this.#policyOf(route, route.capture);
    const prompt = body.length > maxBytes ? undefined : promptText(body);
    const completion = completionText(tap.bytes, call.stream && call.frames > 0);
    const redacted = this.#within(() => ({
      prompt: redactedOf(prompt, policy.own),
      completion: redactedOf(completion, policy.own),
    }));
    if (redacted === undefined) this.#tookTooLong(route, policy);
    else this.#writer.write(this.#line(call, redacted.prompt, redacted.completion));
  }

  #policyOf(route: SnapshotRoute, capture: NonNullable<SnapshotRoute['capture']>): Policy {
    let policy = this.#policies.get(route);
    if (policy === undefined) {
      const own = compileRedactions(capture.redact);
      if (own === undefined)
        this.#log.warn('nothing of a route is captured: its redaction is no regular expression', { route: route.name });
      policy = { basisPoints: own === undefined ? 0 : capture.basisPoints, own: own ?? [], slow: 0 };
      this.#policies.set(route, policy);
    }
    return policy;
  }

  #tookTooLong(route: SnapshotRoute, policy: Policy): void {
    policy.slow++;
    const stops = policy.slow >= maxSlow;
    this.#log.warn('a capture was left out: its redaction took too long', { route: route.name, stops });
  }

  #line(call: CallSummary, prompt: RedactedText | null, completion: RedactedText | null): string {
    const { head, field, end } = this.#parts;
    const { backend } = call;
    return (
      head(call.startedAt + call.durationMs) +
      field('requestId', call.requestId) +
      field('traceId', call.traceId) +
      field('route', call.route.name) +
      field('revision', backend === null ? null : `${backend.deployment}/${backend.revision}`) +
      field('version', backend?.version ?? null) +
      field('prompt', prompt?.text ?? null) +
      field('completion', completion?.text ?? null) +
      field('truncated', (prompt?.truncated ?? true) || (completion?.truncated ?? true)) +
      end
    );
  }
}

function redactedOf(text: string | undefined, own: readonly Redaction[]): RedactedText | null {
  return text === undefined ? null : redact(text, own);
}
