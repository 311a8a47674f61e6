import type { DeploymentSpec } from '../deployments/deployment-spec.ts';
import type { LimitSpec } from '../limits/limit.ts';
import type { ArchitectureFacts, ModelVersionContent, WeightFormat } from '../models/model-version.ts';
import type { Toleration } from '../workload/placement.ts';
import type { RouteSpec } from './route-spec.ts';

/** Kinds that users write, in the order in which they may refer to each other. */
export const MANIFEST_KINDS = ['Project', 'Cluster', 'Pool', 'Model', 'ModelVersion', 'Deployment', 'Route'] as const;
export type ManifestKind = (typeof MANIFEST_KINDS)[number];

/** Kinds that belong to no project: they describe the installation. */
export const INSTALLATION_KINDS = ['Project', 'Cluster', 'Pool'] as const satisfies readonly ManifestKind[];

export interface ManifestSpecs {
  Project: ProjectSpec;
  Cluster: ClusterSpec;
  Pool: PoolSpec;
  Model: ModelSpec;
  ModelVersion: ModelVersionSpec;
  Deployment: DeploymentSpec;
  Route: RouteSpec;
}

/** One document after parsing: complete, with every default filled in. */
export type Manifest = { [K in ManifestKind]: ManifestOf<K> }[ManifestKind];

export interface ManifestOf<K extends ManifestKind> {
  kind: K;
  metadata: ManifestMetadata;
  spec: ManifestSpecs[K];
}

export interface ManifestMetadata {
  name: string;
  /** `default` unless said otherwise; null for installation kinds. */
  project: string | null;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}

export interface ProjectSpec {
  description: string | null;
  /** Bounds that all keys of the project share. */
  limits?: readonly LimitSpec[];
}

export type ClusterSpec =
  | { adapter: 'local'; gpus: readonly { product: string; memoryBytes: number | null }[] }
  | {
      adapter: 'kubernetes';
      /** Path of a kubeconfig on the control plane's machine; null: the service account of its own pod. */
      kubeconfig: string | null;
      context: string | null;
      namespace: string;
    };

export interface PoolSpec {
  cluster: string;
  /** Value of `nvidia.com/gpu.product` (`NVIDIA-H100-80GB-HBM3`); null for a pool without GPUs. */
  gpuProduct: string | null;
  gpuResource: string;
  nodeSelector: Readonly<Record<string, string>>;
  tolerations: readonly Toleration[];
}

export interface ModelSpec {
  description: string | null;
  licence: string | null;
}

/** A version as it is written: the source may still move and is pinned when the version is registered. */
export interface ModelVersionSpec {
  model: string;
  version: string;
  source: WrittenSource;
  tokenizerDigest: string | null;
  chatTemplateDigest: string | null;
  format: WeightFormat;
  dtype: ModelVersionContent['dtype'];
  architecture: ArchitectureFacts;
  lineage: Readonly<Record<string, string>>;
  licence: string | null;
  evaluations: Readonly<Record<string, number>>;
}

export type WrittenSource =
  | { kind: 'huggingFace'; repo: string; revision: string; secret: string | null }
  | { kind: 'oci'; reference: string }
  | { kind: 'objectStore'; uri: string; digest: string | null; secret: string | null }
  | { kind: 'volumeClaim'; claim: string; path: string; digest: string | null }
  | { kind: 'localPath'; path: string };
