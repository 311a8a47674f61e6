import type { Logger } from '@signalbox/runtime';
import type { RoutedCall } from '../proxy/call.ts';
import type { ExchangeSummary } from '../proxy/exchange-parts.ts';

/** One line per request: who, where, how long. Never what was asked or answered, and never a key. */
export function logRequest(log: Logger, call: RoutedCall, summary: ExchangeSummary, now: number): void {
  const { pick } = summary;
  log.info('request', {
    requestId: call.id,
    traceId: call.traceId,
    path: call.path,
    keyId: call.keyId,
    route: call.route.facts.name,
    revision: pick === undefined ? null : `${pick.backend.facts.deployment}/${pick.backend.facts.revision}`,
    version: pick?.backend.facts.version ?? null,
    replicaId: pick?.replica.id ?? null,
    outcome: summary.outcome,
    status: summary.status,
    attempts: summary.attempts,
    ...(summary.failures.length === 0 ? {} : { failures: summary.failures.map(nameOf) }),
    firstByteMs: rounded(summary.firstByteMs),
    durationMs: rounded(now - call.startedAt),
    bytesIn: call.bytesIn,
    bytesOut: summary.bytesOut,
    outputTokens: summary.outputTokens,
  });
}

function nameOf(failure: ExchangeSummary['failures'][number]): string {
  return failure.kind === 'status' ? `status ${failure.status}` : failure.kind;
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10;
}
