import type { AcceleratorSpec, DeploymentSpec, ModelVersion, Problem, WorkloadSpec } from '@signalbox/domain';

/**
 * What Signalbox knows about an engine. Pure: takes values, returns values; no I/O, no Kubernetes. A new engine is
 * one folder and one line in `registry.ts`; the conformance suite runs over it by itself.
 */
export interface Engine {
  name: string;
  /** Shown wherever the engine is: a simulation must not pass for the real thing. */
  simulated: boolean;
  /** Versions this adapter was written and checked for, newest first. Others are refused. */
  versions: readonly string[];
  /** APIs a replica offers, for routing and for docs. */
  apis: readonly EngineApi[];
  /** Turns a deployment into a workload, or says everything that is wrong with it at once. */
  render(input: RenderInput): Rendering;
  /** Reads the engine's Prometheus text. Null when the text is not this engine's. */
  readLoad(metrics: string): EngineLoad | null;
  /** What it knows of LoRA adapters. Undefined for an engine that serves none. */
  adapters?: EngineAdapters;
}

/** LoRA adapters that an engine serves beside its model. */
export interface EngineAdapters {
  /** Where it lists them. */
  readonly listPath: string;
  /** Names in that list. Null when the text is no such list. */
  readList(text: string): readonly string[] | null;
  /** What a request names to get one. */
  modelName(servedModelName: string, adapter: string): string;
  /** Reads the engine's Prometheus text. Null when it does not tell. */
  readActive(metrics: string): ActiveAdapters | null;
}

/** Which adapters requests are using or waiting for. */
export interface ActiveAdapters {
  readonly running: readonly string[];
  readonly waiting: readonly string[];
  /** So many at once; null when that is not told. */
  readonly most: number | null;
}

export type EngineApi = 'chat' | 'completions' | 'embeddings' | 'responses' | 'messages' | 'kserve' | 'generate';

export interface RenderInput {
  deployment: DeploymentSpec;
  version: ModelVersion;
  /** GPU products of the pools the deployment may land on (`NVIDIA-H100-80GB-HBM3`); empty when unknown. */
  gpuProducts: readonly string[];
  /** Extended resource that the pools offer. */
  gpuResource: AcceleratorSpec['resource'];
}

export type Rendering =
  | {
      kind: 'rendered';
      workload: WorkloadSpec;
      servedModelName: string;
      healthPath: string;
      maxInFlightPerReplica: number | null;
      /** Longest input and output together; null where that is not known. */
      maxContextTokens: number | null;
    }
  /** Paths are relative to the deployment's manifest, as `spec.quantization.weights`. */
  | { kind: 'refused'; problems: readonly Problem[] };

/** Signals of engines, in one shape. Null: this engine or version does not tell. */
export interface EngineLoad {
  running: number | null;
  waiting: number | null;
  /** 0 to 1. */
  kvCacheUsage: number | null;
}
