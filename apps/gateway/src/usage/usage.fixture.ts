import type { SnapshotBackend, SnapshotRoute, UsageRecord } from '@signalbox/domain';
import type { AdmittedRequest, Settlement } from './entries.ts';
import type { WriterName } from './writer-name.ts';

export const aBackend: SnapshotBackend = {
  revisionId: 'rev-1',
  deployment: 'chat',
  revision: 3,
  model: 'tiny',
  version: 'v3',
  versionDigest: 'sha256:1',
  engine: 'vllm',
  image: 'vllm:1',
  quantization: 'fp8',
  servedModelName: 'tiny',
  maxInFlightPerReplica: null,
  healthPath: '/health',
  replicas: [],
};

export const aRoute: SnapshotRoute = {
  id: 'route-1',
  project: 'default',
  name: 'chat',
  split: [{ revisionId: 'rev-1', weight: 10_000 }],
  backends: [aBackend],
  timeouts: { firstByteMs: 1, betweenBytesMs: 1, totalMs: 1 },
  access: 'keys',
};

export function aRequest(requestId: string, change: Partial<AdmittedRequest> = {}): AdmittedRequest {
  return {
    requestId,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    route: aRoute,
    keyId: 'key-1',
    priority: 'standard',
    operation: '/v1/chat/completions',
    stream: true,
    startedAt: Date.UTC(2026, 2, 1, 12),
    reserved: { input: 100, output: 256 },
    ...change,
  };
}

export function anEnd(change: Partial<Settlement> = {}): Settlement {
  return {
    backend: aBackend,
    replicaId: 'chat-3-0',
    queuedMs: 0.4,
    firstByteMs: 31.6,
    durationMs: 250,
    status: 200,
    outcome: 'ok',
    attempts: 1,
    tokens: { input: 10, cached: 4, output: 20, reasoning: 5 },
    exactness: 'exact',
    bytesIn: 600,
    bytesOut: 5_000,
    ...change,
  };
}

export function aWriter(bootId: string): WriterName {
  return { bootId, pid: 1, startedTicks: 1, machineStart: '' };
}

/** Sums over records, merged ones as many. */
export function totalsOf(records: readonly UsageRecord[]): { requests: number; input: number; output: number } {
  const totals = { requests: 0, input: 0, output: 0 };
  for (const { requests = 1, tokens } of records) {
    totals.requests += requests;
    totals.input += tokens.input;
    totals.output += tokens.output;
  }
  return totals;
}
