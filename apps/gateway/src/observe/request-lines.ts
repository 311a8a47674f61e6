import type { SnapshotBackend, SnapshotRoute } from '@signalbox/domain';
import type { LineWriter } from '@signalbox/runtime';
import { type CallSummary, isFailed } from './call-summary.ts';
import { inOnePiece, type LineParts, type LineStyle, lineParts, msText, Remembered } from './log-lines.ts';

export const REQUEST_LOG_MODES = ['all', 'errors', 'off'] as const;
export type RequestLogMode = (typeof REQUEST_LOG_MODES)[number];

/** One line per request: who, where, how long. Never what was asked or answered, and never a key. */
export function createRequestLines(
  writer: Pick<LineWriter, 'write'>,
  { mode, ...style }: LineStyle & { mode: RequestLogMode },
): (call: CallSummary) => void {
  const line = createRequestLine(style);
  if (mode === 'off') return () => undefined;
  return (call) => {
    if (mode === 'all' || isFailed(call)) writer.write(line(call));
  };
}

/**
 * Through the logger a line cost 23 µs of processor time; put together from parts that are made once it costs 0.6, and
 * 0.4 more for its part of a write to a file (500 bytes into the page cache). Writing the pieces into bytes without
 * making a string was tried and is no faster. What counts is the number of parts, since each is a step when the line is encoded: what goes together is remembered
 * together.
 */
export function createRequestLine(style: LineStyle): (call: CallSummary) => string {
  const parts = lineParts('request', style);
  const { name, field, end } = parts;
  const keys = new Remembered((keyId) => inOnePiece(field('keyId', keyId)));
  const places = createPlaces(parts);
  const served = inOnePiece(field('outcome', 'ok') + field('status', 200) + field('attempts', 1));
  const ends = new Remembered(
    (usage) => new Remembered((reason) => inOnePiece(field('usage', usage) + field('finishReason', reason) + end)),
  );
  const requestId = parts.text('requestId');
  const traceId = inOnePiece(parts.quote + parts.text('traceId'));
  const [queuedMs, firstByteMs, durationMs] = [name('queuedMs'), name('firstByteMs'), name('durationMs')];
  const [bytesIn, bytesOut] = [name('bytesIn'), name('bytesOut')];
  const [inputTokens, cachedTokens, outputTokens] = [name('inputTokens'), name('cachedTokens'), name('outputTokens')];
  const noFirstByte = field('firstByteMs', null);

  return (call) => {
    const { tokens } = call;
    let line = parts.head(call.startedAt + call.durationMs);
    line += requestId + call.requestId + traceId + call.traceId + parts.quote;
    line += places(call) + keys.get(call.keyId);
    line += isServed(call) ? served : howItEnded(call, parts);
    if (call.queuedMs > 0) line += queuedMs + msText(call.queuedMs);
    line += call.firstByteMs === null ? noFirstByte : firstByteMs + msText(call.firstByteMs);
    line += durationMs + msText(call.durationMs) + bytesIn + call.bytesIn + bytesOut + call.bytesOut;
    line += inputTokens + tokens.input + cachedTokens + tokens.cached + outputTokens + tokens.output;
    return line + ends.get(call.exactness).get(call.finishReason);
  };
}

function isServed({ outcome, status, attempts }: CallSummary): boolean {
  return outcome === 'ok' && status === 200 && attempts.length === 1;
}

function howItEnded({ outcome, status, attempts }: CallSummary, { field }: LineParts): string {
  const failures = attempts.flatMap(({ failure }) => failure ?? []);
  const told = field('outcome', outcome) + field('status', status) + field('attempts', attempts.length);
  return failures.length === 0 ? told : told + field('failures', failures);
}

/** Where a call went: remembered by the snapshot's own objects, and let go with them. */
function createPlaces({ field }: LineParts): (call: CallSummary) => string {
  const known = new WeakMap<SnapshotBackend | SnapshotRoute, Remembered<Remembered<string>>>();
  return ({ route, backend, operation, replicaId }) => {
    const of = backend ?? route;
    let byOperation = known.get(of);
    if (byOperation === undefined) {
      const revision = backend === null ? null : `${backend.deployment}/${backend.revision}`;
      const model =
        field('route', route.name) + field('revision', revision) + field('version', backend?.version ?? null);
      byOperation = new Remembered(
        (path) => new Remembered((replica) => inOnePiece(field('path', path) + model + field('replicaId', replica))),
      );
      known.set(of, byOperation);
    }
    return byOperation.get(operation).get(replicaId);
  };
}
