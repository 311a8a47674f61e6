import type { DeploymentSpec, GenerationProbe, WorkloadSpec } from '@signalbox/domain';
import { renderArguments } from '../arguments/render-arguments.ts';
import type { RenderInput } from '../engine.ts';
import { isAmd } from '../gpus/find-gpus.ts';
import { drain } from '../workload/drain.ts';
import type { LocatedWeights } from '../workload/locate-weights.ts';
import { locateWeights } from '../workload/locate-weights.ts';
import { startupProbe } from '../workload/probes.ts';
import { sglangArguments } from './arguments.ts';
import { sglangQuantizations } from './quantization.ts';

const port = 30_000;
const gib = 1024 ** 3;
const imageCachePath = '/root/.cache';
const program: readonly string[] = ['python3', '-m', 'sglang.launch_server'];

export function renderSglang(input: RenderInput): WorkloadSpec {
  const { deployment, version, gpuResource } = input;
  const { engine, parallelism, resources } = deployment;
  const weights = locateWeights(version.source, engine.env.HF_HOME ?? imageCachePath);
  const args = [...ownArguments(input, weights), ...renderArguments(engine.args, sglangArguments, 'spaced')];
  const gpus = parallelism.tensor * parallelism.pipeline;
  return {
    engine: 'sglang',
    image: engine.image ?? `lmsysorg/sglang:v${engine.version}`,
    command: [...program, ...args],
    localCommand: [...program, ...args],
    env: {
      ...(weights.from === 'folder' ? { HF_HUB_OFFLINE: '1' } : {}),
      ...(isAmd(gpuResource) ? { SGLANG_USE_AITER: '1' } : {}),
      ...engine.env,
    },
    secretEnv: weights.secretEnv,
    port: { name: 'http', containerPort: port },
    metrics: { port, path: '/metrics' },
    // Each of these generates: it takes a second at least, and the engine itself gives it up to twenty.
    probes: {
      startup: startupProbe('/health', 5, 10, deployment.startupTimeoutMs),
      readiness: { path: '/health', periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 3 },
      // A long prefill stalls it: below a minute of patience the pod would be killed for being busy.
      liveness: { path: '/health', periodSeconds: 20, timeoutSeconds: 25, failureThreshold: 5 },
    },
    // SGLang waits for its requests without limit; the grace period that follows from this is the only bound.
    drain: drain(deployment, 10),
    accelerator: { count: gpus, resource: gpuResource },
    resources: {
      cpu: resources.cpu,
      memoryBytes: resources.memoryBytes,
      sharedMemoryBytes: resources.sharedMemoryBytes ?? (gpus > 1 ? 16 : 2) * gib,
    },
    weights: weights.mount,
    imagePullSecrets: deployment.imagePullSecrets,
    readinessGeneration: readinessGeneration(deployment),
  };
}

function ownArguments({ deployment, version }: RenderInput, weights: LocatedWeights): string[] {
  const { parallelism, quantization, engine } = deployment;
  const flags = { engineVersion: engine.version, modelVersion: version };
  const weightChoice = quantization.weights ?? (version.format === 'gguf' ? 'gguf' : null);
  return [
    ...['--model-path', weights.model],
    ...['--served-model-name', deployment.model],
    ...['--host', '{host}', '--port', '{port}'],
    ...(weights.commit === null ? [] : ['--revision', weights.commit]),
    ...(weights.from === 'bucket' ? ['--load-format', 'runai_streamer'] : []),
    ...['--tp-size', String(parallelism.tensor)],
    ...(parallelism.pipeline > 1 ? ['--pp-size', String(parallelism.pipeline)] : []),
    ...(weightChoice === null ? [] : sglangQuantizations.weights[weightChoice].flags(flags)),
    ...(quantization.kvCache === null ? [] : sglangQuantizations.kvCache[quantization.kvCache].flags(flags)),
    '--enable-metrics',
  ];
}

function readinessGeneration({ model, engine }: DeploymentSpec): GenerationProbe {
  const timeoutMs = 60_000;
  if (engine.args['is-embedding'] === true) {
    return { method: 'POST', path: '/v1/embeddings', body: { model, input: 'ping' }, timeoutMs };
  }
  const body = { model, prompt: 'ping', max_tokens: 1, temperature: 0 };
  return { method: 'POST', path: '/v1/completions', body, timeoutMs };
}
