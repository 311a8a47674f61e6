import type {
  DeploymentSpec,
  HttpProbe,
  ModelVersionContent,
  ModelVersionSpec,
  RolloutPolicy,
  RouteSpec,
  WorkloadSpec,
} from '@signalbox/domain';

/** Complete specs of a simulated engine, for rows that need some. */
export const exampleRollout: RolloutPolicy = {
  strategy: 'canary',
  steps: [
    { kind: 'weight', percent: 10, forMs: 1_000 },
    { kind: 'weight', percent: 100, forMs: 0 },
  ],
  gate: { minRequests: 10, maxErrorRateIncrease: 0.02, maxTtftIncrease: null, onNoData: 'wait' },
  onFailure: 'rollback',
  keepWarmMs: 60_000,
  provisionTimeoutMs: 60_000,
};

export const exampleDeployment: DeploymentSpec = {
  model: 'tiny',
  version: 'v1',
  engine: { name: 'simulated', version: '1', image: null, args: {}, env: {} },
  quantization: { weights: null, kvCache: null },
  parallelism: { tensor: 1, pipeline: 1 },
  placement: { cluster: 'here', pools: [], spread: 'none' },
  resources: { cpu: null, memoryBytes: null, sharedMemoryBytes: null },
  scaling: { min: 1, max: 3, targetInFlight: 8, scaleUpWindowMs: 0, scaleDownWindowMs: 60_000 },
  rollout: exampleRollout,
  drain: { timeoutMs: 1_000 },
  startupTimeoutMs: 60_000,
  imagePullSecrets: [],
};

const probe: HttpProbe = { path: '/health', periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 3 };

export const exampleWorkload: WorkloadSpec = {
  engine: 'simulated',
  image: 'signalbox/simulated-engine:1',
  command: ['simulated-engine'],
  localCommand: ['simulated-engine'],
  env: {},
  secretEnv: [],
  port: { name: 'http', containerPort: 8000 },
  metrics: { port: 8000, path: '/metrics' },
  probes: { startup: probe, readiness: probe, liveness: probe },
  drain: { preStopDelaySeconds: 0, timeoutSeconds: 1 },
  accelerator: { count: 0, resource: 'nvidia.com/gpu' },
  resources: { cpu: null, memoryBytes: null, sharedMemoryBytes: 0 },
  weights: { kind: 'none' },
  imagePullSecrets: [],
  readinessGeneration: { method: 'POST', path: '/v1/completions', body: {}, timeoutMs: 1_000 },
};

const unknownArchitecture: ModelVersionContent['architecture'] = {
  parameters: null,
  layers: null,
  kvHeads: null,
  headSize: null,
  hiddenSize: null,
  contextLength: null,
};

export const exampleModelVersion: ModelVersionSpec & ModelVersionContent = {
  model: 'tiny',
  version: 'v1',
  source: { kind: 'objectStore', uri: 's3://weights/tiny', digest: `sha256:${'1'.repeat(64)}`, secret: null },
  tokenizerDigest: null,
  chatTemplateDigest: null,
  format: 'simulated',
  dtype: null,
  architecture: unknownArchitecture,
  lineage: {},
  licence: null,
  evaluations: {},
};

export const exampleRoute: RouteSpec = {
  model: 'chat',
  deployment: 'chat',
  access: 'keys',
  timeouts: { firstByteMs: 60_000, betweenBytesMs: 60_000, totalMs: 600_000 },
};
