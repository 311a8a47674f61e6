import type { SnapshotRoute } from '@signalbox/domain';
import { backendOf, routeOf } from '../gateway.fixture.ts';
import type { CallSummary } from './call-summary.ts';

export const chatBackend = backendOf({ revisionId: 'rev-1', engine: 'vllm', at: [] });
export const chatRoute: SnapshotRoute = routeOf([chatBackend]);

/** A streamed chat call that went well in 1.25 s, its first frame after 250 ms. */
export function aCall(change: Partial<CallSummary> = {}): CallSummary {
  return {
    requestId: 'req-1',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: 'b7ad6b7169203331',
    spanId: '00f067aa0ba902b7',
    sampled: true,
    operation: '/v1/chat/completions',
    dialect: 'openai',
    stream: true,
    keyId: 'key-1',
    priority: 'standard',
    route: chatRoute,
    backend: chatBackend,
    replicaId: 'rep-1',
    path: 'fast',
    startedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    queuedMs: 0,
    dispatchedMs: 0.15,
    firstByteMs: 250,
    durationMs: 1_250,
    status: 200,
    outcome: 'ok',
    attempts: [{ replicaId: 'rep-1', revision: 'chat/1', startedMs: 0.15, endedMs: 1_250, failure: null }],
    tokens: { input: 12, cached: 4, output: 101, reasoning: 0 },
    exactness: 'exact',
    finishReason: 'stop',
    frames: 103,
    bytesIn: 600,
    bytesOut: 20_000,
    maxOutputTokens: 256,
    choices: 1,
    ...change,
  };
}
