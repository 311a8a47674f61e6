/**
 * What one replica of a revision is, in words that neither an engine nor a cluster owns: engines write it,
 * clusters turn it into pods or processes. Plain data; equal specs are equal JSON.
 */
export interface WorkloadSpec {
  /** Engine name from the registry: `vllm`, `sglang`, `triton`, `simulated`. */
  engine: string;
  /** Image reference, with digest where the deployment pins one. */
  image: string;
  /** Program and arguments in exec form; never a shell line, so that SIGTERM reaches the engine. */
  command: readonly string[];
  /** What runs in place of `command` on the local cluster, where there is no image. Same arguments, local program. */
  localCommand: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Environment variables filled from the cluster's own secrets. Values never pass through Signalbox. */
  secretEnv: readonly SecretEnv[];
  port: { name: 'http'; containerPort: number };
  /** Path of the engine's Prometheus metrics, on `metricsPort`. */
  metrics: { port: number; path: string };
  probes: { startup: HttpProbe; readiness: HttpProbe; liveness: HttpProbe };
  drain: DrainSpec;
  accelerator: AcceleratorSpec;
  resources: { cpu: string | null; memoryBytes: number | null; sharedMemoryBytes: number };
  weights: WeightsMount;
  imagePullSecrets: readonly string[];
  /** The request a cluster or controller sends to prove that a replica really generates. */
  readinessGeneration: GenerationProbe;
}

export interface SecretEnv {
  name: string;
  secret: string;
  key: string;
}

export interface HttpProbe {
  path: string;
  periodSeconds: number;
  timeoutSeconds: number;
  failureThreshold: number;
}

export interface DrainSpec {
  /** Time between "stop sending" and SIGTERM, so that gateways have let go first. */
  preStopDelaySeconds: number;
  /** How long the engine may finish what it has after SIGTERM. */
  timeoutSeconds: number;
}

export interface AcceleratorSpec {
  /** GPUs per replica. Zero for engines that run without one. */
  count: number;
  /** Extended resource name: `nvidia.com/gpu`. */
  resource: string;
}

export type WeightsMount =
  | { kind: 'none' }
  /** The engine fetches from a hub or bucket by itself; the cache folder is worth keeping between starts. */
  | { kind: 'download'; cachePath: string; secret: string | null }
  | { kind: 'volumeClaim'; claim: string; path: string; mountPath: string }
  | { kind: 'image'; image: string; mountPath: string }
  | { kind: 'path'; path: string };

export interface GenerationProbe {
  method: 'GET' | 'POST';
  path: string;
  body: unknown;
  timeoutMs: number;
}
