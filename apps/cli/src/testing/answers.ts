import type { ApiResponse } from '@signalbox/contracts';

/** Answers of a control plane in the middle of a canary, at 2026-03-01 12:00 UTC. */
export const NOW = Date.parse('2026-03-01T12:00:00Z');

const metadata = (name: string, project: string | null = 'default') => ({
  id: `id-${name}`,
  name,
  project,
  labels: { team: 'support' },
  annotations: {},
  version: 4,
  author: 'ada',
  createdAt: '2026-02-20T08:00:00Z',
  updatedAt: '2026-03-01T11:50:00Z',
});

const v1 = { revision: 1, version: 'v1' };
const v2 = { revision: 2, version: 'v2' };

const summary = {
  id: 'ro-2',
  from: v1,
  to: v2,
  phase: 'stepping',
  active: true,
  paused: false,
  step: { index: 1, count: 3 },
  percent: 25,
  message: 'waiting for evidence: 12 of 50 requests',
  because: null,
  author: 'ada',
  cause: 'promote',
  createdAt: '2026-03-01T11:50:00Z',
  updatedAt: '2026-03-01T11:58:00Z',
  finishedAt: null,
} as const;

export const deployment: ApiResponse<'getDeployment'> = {
  apiVersion: 'signalbox.dev/v1',
  kind: 'Deployment',
  metadata: metadata('chat'),
  spec: { model: 'llama', version: 'v2', engine: { name: 'vllm', version: '0.32.0' }, scaling: { min: 2, max: 4 } },
  status: {
    phase: 'rollingOut',
    replicas: { desired: 4, ready: 3, serving: 3 },
    wanted: v2,
    stable: v1,
    former: null,
    split: [
      { ...v1, percent: 75 },
      { ...v2, percent: 25 },
    ],
    routes: ['chat'],
    rollout: summary,
    scaleOverride: { replicas: 4, author: 'grace', at: '2026-03-01T09:00:00Z' },
    simulated: true,
    conditions: [{ type: 'Ready', status: 'true', reason: 'Serving', message: '3 of 4 replicas serve' }],
  },
};

export const endedWith = (phase: 'completed' | 'rolledBack', because: string | null) => ({
  ...deployment,
  status: { ...deployment.status, rollout: { ...summary, phase, because, active: false, percent: 0 } },
});

export const idle: ApiResponse<'getDeployment'> = {
  ...deployment,
  metadata: { ...metadata('embeddings-of-long-documents'), labels: {} },
  status: {
    ...deployment.status,
    phase: 'unavailable',
    replicas: { desired: 1, ready: 0, serving: 0 },
    wanted: null,
    stable: null,
    split: [],
    rollout: null,
    scaleOverride: null,
    simulated: false,
  },
};

export const modelVersion: ApiResponse<'getModelVersion'> = {
  apiVersion: 'signalbox.dev/v1',
  kind: 'ModelVersion',
  metadata: metadata('llama-v2'),
  spec: { model: 'llama', version: 'v2', format: 'safetensors', source: { huggingFace: { repo: 'meta/llama' } } },
  status: {
    digest: 'sha256:0f9e8d7c6b5a49383736353433323130',
    source: { kind: 'huggingFace', repo: 'meta/llama', commit: '0e9e39f249a1' },
  },
};

export const cluster: ApiResponse<'getCluster'> = {
  apiVersion: 'signalbox.dev/v1',
  kind: 'Cluster',
  metadata: metadata('local', null),
  spec: { adapter: 'local', gpus: [] },
  status: {
    reachable: null,
    since: null,
    message: null,
    observedAt: null,
    nodes: [{ node: 'here', gpuProduct: 'simulated', gpus: { total: 4, free: 1 }, ready: true }],
  },
};

export const route: ApiResponse<'getRoute'> = {
  apiVersion: 'signalbox.dev/v1',
  kind: 'Route',
  metadata: metadata('chat'),
  spec: {
    model: 'chat',
    deployment: 'chat',
    access: 'keys',
    limits: [
      { of: 'tokens', per: 'minute', amount: 400_000 },
      { of: 'concurrency', amount: 64 },
    ],
  },
  status: { split: [{ ...v1, percent: 100 }], serving: 2 },
};

export const replicas: ApiResponse<'listReplicas'> = {
  items: [
    {
      id: 'r-1',
      name: 'chat-1-0',
      ...v1,
      cluster: 'local',
      phase: 'ready',
      traffic: 'serving',
      trafficSince: '2026-02-20T08:01:00Z',
      node: 'here',
      address: '127.0.0.1:30001',
      reason: null,
      restarts: 0,
      startedAt: '2026-02-20T08:00:10Z',
      provenAt: '2026-03-01T11:59:00Z',
      proofError: null,
      inFlight: 3,
      observedAt: '2026-03-01T11:59:58Z',
    },
    {
      id: 'r-2',
      name: 'chat-2-0',
      ...v2,
      cluster: 'local',
      phase: 'failing',
      traffic: 'none',
      trafficSince: '2026-03-01T11:51:00Z',
      node: null,
      address: null,
      reason: 'the engine ended with code 1:\n\u001b[31mCUDA out of memory\u001b[0m',
      restarts: 2,
      startedAt: '2026-03-01T11:56:50Z',
      provenAt: null,
      proofError: null,
      inFlight: null,
      observedAt: '2026-03-01T11:59:58Z',
    },
  ],
};

const revision = {
  number: 2,
  hash: 'abc',
  model: 'llama',
  version: 'v2',
  versionDigest: 'sha256:0f9e',
  engine: { name: 'vllm', version: '0.32.0', image: 'vllm/vllm-openai:v0.32.0', simulated: false },
  quantization: { weights: 'fp8', kvCache: 'fp8' },
  cluster: 'local',
  workloadName: 'chat-2',
  workloadRevision: 2,
  role: 'candidate',
  author: 'ada',
  cause: 'promote',
  createdAt: '2026-03-01T11:50:00Z',
} as const;

export const revisions: ApiResponse<'listRevisions'> = {
  items: [
    revision,
    {
      ...revision,
      number: 1,
      version: 'v1',
      quantization: { weights: null, kvCache: null },
      role: 'stable',
      cause: 'apply',
      createdAt: '2026-02-20T08:00:00Z',
    },
  ],
  nextCursor: null,
};

const evidence = { requests: 12, errors: 1, errorRate: 0.0833, ttftP95Ms: 800 };

export const rollout: ApiResponse<'getRollout'> = {
  rollout: {
    ...summary,
    strategy: 'canary',
    onFailure: 'rollback',
    keepWarmMs: 1_800_000,
    steps: [
      { index: 0, kind: 'weight', percent: 5, forMs: 300_000, role: null, state: 'done' },
      { index: 1, kind: 'weight', percent: 25, forMs: 600_000, role: null, state: 'current' },
      { index: 2, kind: 'approval', percent: null, forMs: null, role: 'release-manager', state: 'todo' },
    ],
    since: '2026-03-01T11:55:00Z',
    weightReachedAt: '2026-03-01T11:56:00Z',
    approvedBy: null,
    verdict: {
      kind: 'wait',
      because: '12 of 50 requests',
      at: '2026-03-01T11:59:59Z',
      candidate: evidence,
      stable: { requests: 0, errors: 0, errorRate: null, ttftP95Ms: null },
    },
  },
};

export const rollouts: ApiResponse<'listRollouts'> = {
  items: [
    summary,
    {
      ...summary,
      id: 'ro-1',
      from: null,
      to: v1,
      phase: 'completed',
      active: false,
      cause: 'apply',
      createdAt: '2026-02-20T08:00:00Z',
    },
  ],
  nextCursor: null,
};

export const explanation: ApiResponse<'explain'> = {
  deployment: 'chat',
  project: 'default',
  serving: false,
  summary: 'no replica is ready: the engine ends while it loads',
  broken: 'replicas',
  links: [
    { name: 'spec', state: 'ok', title: 'llama v2 on vllm 0.32.0', lines: [], advice: null },
    { name: 'cluster', state: 'ok', title: 'local answers', lines: [], advice: null },
    {
      name: 'replicas',
      state: 'broken',
      title: '0 of 1 ready',
      lines: ['chat-2-0: ended with code 1', 'last line: CUDA out of memory'],
      advice: 'lower max-model-len, or use a quantization',
    },
    { name: 'route', state: 'unknown', title: 'no gateway has told', lines: [], advice: null },
  ],
};

export const applied: ApiResponse<'apply'> = {
  changes: [
    { kind: 'Model', project: 'default', name: 'llama', change: 'unchanged' },
    { kind: 'ModelVersion', project: 'default', name: 'llama-v2', change: 'created' },
    {
      kind: 'Deployment',
      project: 'default',
      name: 'chat',
      change: 'updated',
      revision: 2,
      fields: [
        { path: 'spec.version', from: 'v1', to: 'v2' },
        { path: 'spec.quantization', to: { weights: 'fp8' } },
      ],
    },
    { kind: 'Route', project: 'search', name: 'old', change: 'deleted', note: 'no longer in manifests/' },
  ],
  dryRun: false,
};

export const moved: ApiResponse<'rollback'> = {
  from: v2,
  to: v1,
  kind: 'moved',
  snapshot: { epoch: 1, number: 41 },
  acknowledgedMs: 12.4,
  gateways: [{ id: 'gw-a', acknowledgedMs: 12.4 }],
  rollout: null,
  message: 'traffic is on v1',
};

export const gateways: ApiResponse<'listGateways'> = {
  items: ['gw-a', 'gw-b'].map((id) => ({
    id,
    live: id === 'gw-a',
    accepting: true,
    firstSeenAt: '2026-02-20T08:00:00Z',
    lastSeenAt: id === 'gw-a' ? '2026-03-01T11:59:59Z' : '2026-03-01T11:00:00Z',
    applied: { epoch: 1, number: id === 'gw-a' ? 41 : 40, hash: 'h' },
    upToDate: id === 'gw-a',
    inFlight: 3,
  })),
};

export const key: ApiResponse<'listKeys'>['items'][number] = {
  id: 'k-1',
  name: 'bot',
  project: 'default',
  prefix: 'sbk_ab12',
  routes: ['chat'],
  limits: [
    { of: 'tokens', per: 'minute', amount: 100_000 },
    { of: 'concurrency', per: null, amount: 8 },
  ],
  priority: 'batch',
  weight: 2,
  mayPin: false,
  author: 'ada',
  createdAt: '2026-02-20T08:00:00Z',
  expiresAt: '2026-06-01T00:00:00Z',
  revokedAt: null,
};

const noUsage = {
  project: null,
  key: null,
  route: null,
  version: null,
  hour: null,
  cancelled: 3,
  refused: 0,
  attempts: 1_204,
  durationMs: 9_000_000,
  bytesIn: 700_000,
  bytesOut: 64_000_000,
};

export const usage: ApiResponse<'getUsage'> = {
  from: '2026-02-28T12:00:00Z',
  to: '2026-03-01T12:00:00Z',
  groupBy: ['key', 'version'],
  items: [
    {
      ...noUsage,
      key: { id: 'k-1', name: 'bot' },
      version: { model: 'llama', version: 'v2' },
      requests: 1_201,
      failed: 2,
      estimated: 1,
      tokens: { input: 180_400, cached: 96_000, output: 240_977, reasoning: 0 },
    },
    {
      ...noUsage,
      requests: 4,
      failed: 4,
      estimated: 0,
      tokens: { input: 0, cached: 0, output: 0, reasoning: 0 },
    },
  ],
  nextCursor: null,
};

const scorers = [
  { name: 'prefixAffinity', weight: 5 },
  { name: 'outstandingTokens', weight: 1 },
  { name: 'kvUse', weight: 0.5 },
  { name: 'queue', weight: 0.5 },
  { name: 'session', weight: 0 },
];

export const requestUsage: ApiResponse<'getRequestUsage'>['items'][number] = {
  id: 'b-0000000000017',
  requestId: 'req-17',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  gatewayId: 'gw-a',
  project: 'default',
  routeId: 'id-route',
  route: 'chat',
  keyId: 'k-1',
  keyName: 'bot',
  priority: 'standard',
  revisionId: 'id-rev-2',
  deployment: 'chat',
  revision: 2,
  model: 'llama',
  version: 'v2',
  versionDigest: 'sha256:9f2c',
  engine: 'vllm',
  image: 'vllm/vllm-openai@sha256:77aa',
  quantization: 'fp8',
  replicaId: 'chat-2-0',
  operation: '/v1/chat/completions',
  stream: true,
  startedAt: '2026-03-01T11:58:00.120Z',
  receivedAt: '2026-03-01T11:58:05Z',
  queuedMs: 3,
  firstByteMs: 41,
  durationMs: 2_210,
  status: 200,
  outcome: 'ok',
  attempts: 2,
  tokens: { input: 150, cached: 128, output: 200, reasoning: 0 },
  exactness: 'exact',
  bytesIn: 620,
  bytesOut: 54_000,
  routing: [
    {
      deployment: 'chat',
      revision: 3,
      revisionBy: 'split',
      replicaId: 'chat-3-0',
      tier: 0,
      scorers,
      candidates: [
        { replicaId: 'chat-3-0', total: 5.995, uncachedTokens: 22, scores: [0.853, 0.98, 1, 0.5, 0] },
        { replicaId: 'chat-3-1', total: 1.75, uncachedTokens: 150, scores: [0, 1, 1, 0.5, 0] },
      ],
      filtered: [
        { replicaId: 'chat-3-2', by: 'notEjected' },
        { replicaId: 'chat-3-3', by: 'belowLimit' },
      ],
      unlisted: 0,
    },
    {
      deployment: 'chat',
      revision: 2,
      revisionBy: 'rescue',
      replicaId: 'chat-2-0',
      tier: 1,
      scorers,
      candidates: [{ replicaId: 'chat-2-0', total: 2, uncachedTokens: 150, scores: [0, 1, 1, 1, 0] }],
      filtered: [],
      unlisted: 3,
    },
  ],
};

export const ledgerEntry: ApiResponse<'listLedger'>['items'][number] = {
  seq: 9,
  at: '2026-03-01T11:50:00Z',
  project: 'default',
  actor: 'ada',
  kind: 'rollout.started',
  subject: { kind: 'Deployment', name: 'chat', id: 'id-chat' },
  reason: 'release 12',
  evidence: {},
  previousHash: 'a',
  hash: 'b',
};

export const manifestProblem = {
  type: '/docs/errors#manifest.invalid',
  title: 'The manifests are not valid',
  status: 422,
  code: 'manifest.invalid',
  detail: '3 problem(s); nothing was changed.',
  requestId: 'req-1',
  problems: [
    { message: 'there is no model lama', path: 'spec.model', file: 'b.yaml', line: 7, column: 10, nearest: 'llama' },
    {
      message: 'unknown field scalling',
      path: 'spec.scalling',
      file: 'a.yaml',
      line: 12,
      column: 3,
      nearest: 'scaling',
    },
    {
      message: 'is not a strategy',
      path: 'spec.rollout.strategy',
      file: 'a.yaml',
      line: 9,
      column: 15,
      allowed: ['canary', 'blueGreen', 'rolling'],
    },
  ],
};
