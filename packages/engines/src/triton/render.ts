import type { WorkloadSpec } from '@signalbox/domain';
import { renderArguments } from '../arguments/render-arguments.ts';
import type { RenderInput } from '../engine.ts';
import { drain } from '../workload/drain.ts';
import { locateWeights } from '../workload/locate-weights.ts';
import { startupProbe } from '../workload/probes.ts';
import { tritonArguments } from './arguments.ts';

const httpPort = 8000;
const metricsPort = 8002;
const gib = 1024 ** 3;
/** Triton copies a bucket's repository to a folder of its own below this one and removes it when it stops. */
const temporaryPath = '/tmp';

export function renderTriton(input: RenderInput, modelName: string): WorkloadSpec {
  const { deployment, version, gpuResource } = input;
  const { engine, parallelism, resources } = deployment;
  const weights = locateWeights(version.source, temporaryPath);
  const draining = drain(deployment, 10);
  const { 'load-model': _, ...others } = engine.args;
  const args = [
    `--model-repository=${weights.model}`,
    // Just the one model, whatever else the repository holds; what an ensemble needs is loaded with it.
    '--model-control-mode=explicit',
    `--load-model=${modelName}`,
    '--http-address={host}',
    '--http-port={port}',
    '--allow-grpc=false',
    `--exit-timeout-secs=${draining.timeoutSeconds}`,
    '--strict-readiness=true',
    ...renderArguments(others, tritonArguments, 'joined'),
  ];
  const modelReady = modelReadyPath(modelName);
  return {
    engine: 'triton',
    image: engine.image ?? `nvcr.io/nvidia/tritonserver:${engine.version}-py3`,
    command: ['tritonserver', ...args, '--metrics-address={host}', `--metrics-port=${metricsPort}`],
    // Replicas on one machine would fight over the metrics port, which has no placeholder.
    localCommand: ['tritonserver', ...args, '--allow-metrics=false'],
    env: { ...engine.env },
    secretEnv: weights.secretEnv,
    port: { name: 'http', containerPort: httpPort },
    metrics: { port: metricsPort, path: '/metrics' },
    probes: {
      // Models load before the server listens, and SIGTERM kills until then: only patience helps.
      startup: startupProbe(modelReady, 2, 2, deployment.startupTimeoutMs),
      // The model, not the server: /v2/health/ready is content with no model at all.
      readiness: { path: modelReady, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 3 },
      liveness: { path: '/v2/health/live', periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    },
    drain: draining,
    accelerator: { count: parallelism.tensor * parallelism.pipeline, resource: gpuResource },
    resources: {
      cpu: resources.cpu,
      memoryBytes: resources.memoryBytes,
      sharedMemoryBytes: resources.sharedMemoryBytes ?? 2 * gib,
    },
    weights: weights.mount,
    imagePullSecrets: deployment.imagePullSecrets,
    readinessGeneration: { method: 'GET', path: modelReady, body: null, timeoutMs: 10_000 },
  };
}

export function modelReadyPath(modelName: string): string {
  return `/v2/models/${encodeURIComponent(modelName)}/ready`;
}
