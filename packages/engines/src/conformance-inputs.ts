import type { DeploymentSpec, ModelVersion, PinnedSource, WeightFormat } from '@signalbox/domain';
import type { Engine, RenderInput } from './engine.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const commit = '0e9e39f249a16976918f6564b8830bc894c89659';

export const hub: PinnedSource = { kind: 'huggingFace', repo: 'acme/chat-8b', commit, secret: null };
export const privateHub: PinnedSource = { ...hub, secret: 'hub-credentials' };
export const bucket: PinnedSource = { kind: 'objectStore', uri: 's3://weights/chat', digest, secret: 'bucket-keys' };
export const image: PinnedSource = { kind: 'oci', reference: 'example.test:5000/weights/chat:v4', digest };
export const volume: PinnedSource = { kind: 'volumeClaim', claim: 'weights', path: 'chat/v4', digest };
export const localPath: PinnedSource = { kind: 'localPath', path: '/srv/weights/chat', digest };

export type DeploymentChanges = Partial<Omit<DeploymentSpec, 'engine'>> & {
  engine?: Partial<DeploymentSpec['engine']>;
};

/** A deployment on the newest version of an engine, with every default filled in. */
export function aDeployment(engine: Engine, { engine: choice, ...changes }: DeploymentChanges = {}): DeploymentSpec {
  return {
    model: 'chat-8b',
    version: 'v4',
    engine: { name: engine.name, version: engine.versions[0] ?? '', image: null, args: {}, env: {}, ...choice },
    quantization: { weights: null, kvCache: null },
    parallelism: { tensor: 1, pipeline: 1 },
    placement: { cluster: 'production', pools: ['gpu'], spread: 'node' },
    resources: { cpu: null, memoryBytes: null, sharedMemoryBytes: null },
    scaling: { min: 1, max: 4, targetInFlight: 32, scaleUpWindowMs: 0, scaleDownWindowMs: 300_000 },
    rollout: {
      strategy: 'canary',
      steps: [{ kind: 'weight', percent: 100, forMs: 0 }],
      gate: { minRequests: 50, maxErrorRateIncrease: 0.02, maxTtftIncrease: null, onNoData: 'wait' },
      onFailure: 'rollback',
      keepWarmMs: 1_800_000,
      provisionTimeoutMs: 1_800_000,
    },
    drain: { timeoutMs: 600_000 },
    startupTimeoutMs: 900_000,
    imagePullSecrets: [],
    ...changes,
  };
}

export function aVersion(changes: Partial<ModelVersion> = {}): ModelVersion {
  return {
    model: 'chat-8b',
    version: 'v4',
    digest,
    source: hub,
    tokenizerDigest: null,
    chatTemplateDigest: null,
    format: 'safetensors',
    dtype: 'bfloat16',
    architecture: {
      parameters: null,
      layers: null,
      kvHeads: null,
      headSize: null,
      hiddenSize: null,
      contextLength: null,
    },
    lineage: {},
    licence: null,
    evaluations: {},
    ...changes,
  };
}

/** A format that the engine surely loads. */
export function homeFormat(engine: Engine): WeightFormat {
  if (engine.name === 'triton') return 'triton-repository';
  return engine.simulated ? 'simulated' : 'safetensors';
}

export interface InputChanges {
  deployment?: DeploymentChanges;
  version?: Partial<ModelVersion>;
  gpuProducts?: readonly string[];
  gpuResource?: string;
}

/** Something the engine serves: weights in its home format, on a volume. */
export function anInput(engine: Engine, changes: InputChanges = {}): RenderInput {
  return {
    deployment: aDeployment(engine, changes.deployment),
    version: aVersion({ source: volume, format: homeFormat(engine), ...changes.version }),
    gpuProducts: changes.gpuProducts ?? ['NVIDIA-H100-80GB-HBM3'],
    gpuResource: changes.gpuResource ?? 'nvidia.com/gpu',
  };
}

/** What a table of deployments may ask of any engine. Those it lacks it refuses; the others must render well. */
export function manyInputs(engine: Engine): RenderInput[] {
  const sources = [hub, privateHub, bucket, image, volume, localPath];
  const formats: WeightFormat[] = ['safetensors', 'gguf', 'onnx', 'triton-repository', 'simulated'];
  const changes: DeploymentChanges[] = [
    {},
    { parallelism: { tensor: 4, pipeline: 2 } },
    { quantization: { weights: 'fp8', kvCache: 'fp8' } },
    { quantization: { weights: 'awq', kvCache: null } },
    { quantization: { weights: 'nvfp4', kvCache: 'nvfp4' } },
    { drain: { timeoutMs: 0 }, startupTimeoutMs: 1_500 },
    { engine: { image: `example.test/engine@${digest}` } },
  ];
  const versions = [engine.versions[0], engine.versions.at(-1)].filter((version) => version !== undefined);
  return sources.flatMap((source) =>
    formats.flatMap((format) =>
      versions.flatMap((version) =>
        changes.map((change) =>
          anInput(engine, {
            deployment: { ...change, engine: { ...change.engine, version } },
            version: { source, format },
          }),
        ),
      ),
    ),
  );
}
