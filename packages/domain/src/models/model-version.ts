/** Where weights come from, pinned: the same words always fetch the same bytes. */
export type PinnedSource =
  | { kind: 'huggingFace'; repo: string; commit: string; secret: string | null }
  | { kind: 'oci'; reference: string; digest: string }
  | { kind: 'objectStore'; uri: string; digest: string; secret: string | null }
  | { kind: 'volumeClaim'; claim: string; path: string; digest: string }
  | { kind: 'localPath'; path: string; digest: string };

export const WEIGHT_FORMATS = [
  'safetensors',
  'gguf',
  'pytorch',
  'onnx',
  'tensorrt',
  'triton-repository',
  'simulated',
] as const;
export type WeightFormat = (typeof WEIGHT_FORMATS)[number];

/** Facts about the network's architecture; null where nobody has said. The plan needs them, serving does not. */
export interface ArchitectureFacts {
  parameters: number | null;
  layers: number | null;
  kvHeads: number | null;
  headSize: number | null;
  hiddenSize: number | null;
  contextLength: number | null;
}

/** Everything that makes a version what it is. Its digest is the SHA-256 of this as canonical JSON. */
export interface ModelVersionContent {
  model: string;
  version: string;
  source: PinnedSource;
  tokenizerDigest: string | null;
  chatTemplateDigest: string | null;
  format: WeightFormat;
  dtype: 'float32' | 'float16' | 'bfloat16' | 'fp8' | null;
  architecture: ArchitectureFacts;
  lineage: Readonly<Record<string, string>>;
  licence: string | null;
  evaluations: Readonly<Record<string, number>>;
}

export interface ModelVersion extends ModelVersionContent {
  digest: string;
}
