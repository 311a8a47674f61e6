/** What a user wants served. Complete: every default is filled in when the manifest is parsed. */
export interface DeploymentSpec {
  model: string;
  version: string;
  engine: EngineChoice;
  quantization: Quantization;
  parallelism: { tensor: number; pipeline: number };
  placement: { cluster: string; pools: readonly string[]; spread: 'node' | 'none' };
  resources: { cpu: string | null; memoryBytes: number | null; sharedMemoryBytes: number | null };
  scaling: ScalingSpec;
  rollout: RolloutPolicy;
  drain: { timeoutMs: number };
  /** How long a replica may take from placed to ready. */
  startupTimeoutMs: number;
  imagePullSecrets: readonly string[];
}

export interface EngineChoice {
  name: string;
  version: string;
  /** Replaces the engine's own image; may carry a digest. */
  image: string | null;
  /** Flags without dashes (`max-model-len: 16384`). True stands alone, false and null leave the flag out. */
  args: Readonly<Record<string, string | number | boolean | null>>;
  env: Readonly<Record<string, string>>;
}

/** Null leaves the engine's default: weights as they are stored, KV cache in the model's dtype. */
export interface Quantization {
  weights: WeightQuantization | null;
  kvCache: KvCacheQuantization | null;
}

export const WEIGHT_QUANTIZATIONS = [
  'fp8',
  'int8',
  'awq',
  'gptq',
  'compressed-tensors',
  'bitsandbytes',
  'nvfp4',
  'mxfp4',
  'gguf',
  'modelopt',
] as const;
export type WeightQuantization = (typeof WEIGHT_QUANTIZATIONS)[number];

export const KV_CACHE_QUANTIZATIONS = ['auto', 'fp8', 'fp8_e4m3', 'fp8_e5m2', 'nvfp4'] as const;
export type KvCacheQuantization = (typeof KV_CACHE_QUANTIZATIONS)[number];

export interface ScalingSpec {
  min: number;
  max: number;
  /** Requests in flight per replica that the autoscaler aims for. */
  targetInFlight: number;
  /** The replica count rises to the lowest need seen within this window: a shorter peak adds nothing … */
  scaleUpWindowMs: number;
  /** … and falls to the highest need seen within this one: a shorter lull removes nothing. */
  scaleDownWindowMs: number;
}

export type RolloutStrategy = 'canary' | 'blueGreen' | 'rolling';

export interface RolloutPolicy {
  strategy: RolloutStrategy;
  /** Canary only; blue-green and rolling derive their own. Ends with weight 100. */
  steps: readonly RolloutStep[];
  gate: GatePolicy;
  onFailure: 'rollback' | 'pause';
  keepWarmMs: number;
  /** Replicas that do not become routable within this time fail the rollout. */
  provisionTimeoutMs: number;
}

export type RolloutStep =
  /** Percent of the route's traffic, then hold at least `forMs` and until the gate has enough to go on. */
  | { kind: 'weight'; percent: number; forMs: number }
  | { kind: 'approval'; role: string }
  | { kind: 'wait'; forMs: number };

/** The first, simple gate. The judge takes its place later, through the same verdict. */
export interface GatePolicy {
  /** Requests on the new revision within a step before anything is concluded. */
  minRequests: number;
  /** The step fails when the new revision's error rate exceeds the stable one's by more than this (0.02 = 2 points). */
  maxErrorRateIncrease: number;
  /** … or when its p95 time to first token is worse by more than this factor (0.2 = 20 %). Null: not looked at. */
  maxTtftIncrease: number | null;
  /** No traffic for this long after the step was due: go on waiting (`wait`), or fail the rollout (`fail`). */
  onNoData: 'wait' | 'fail';
}
