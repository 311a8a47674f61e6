import type { DeploymentSpec, GenerationProbe, WorkloadSpec } from '@signalbox/domain';
import type { ArgumentRules } from '../arguments/argument-rule.ts';
import { renderArguments } from '../arguments/render-arguments.ts';
import type { RenderInput } from '../engine.ts';
import { isAmd } from '../gpus/find-gpus.ts';
import { drain } from '../workload/drain.ts';
import type { LocatedWeights } from '../workload/locate-weights.ts';
import { locateWeights } from '../workload/locate-weights.ts';
import { startupProbe } from '../workload/probes.ts';
import { isAtLeast } from '../workload/versions.ts';
import { vllmQuantizations } from './quantization.ts';
import { sinceShutdownTimeout } from './versions.ts';

/** What runs the arguments of `vllm serve`: the real engine, or its simulation. */
export interface VllmProgram {
  engine: string;
  image: string;
  command: readonly string[];
  localCommand: readonly string[];
  gpusPerReplica: number;
  preStopDelaySeconds: number;
  /** The deployment's own arguments, already checked, and the rules by which they are written. */
  args: DeploymentSpec['engine']['args'];
  rules: ArgumentRules;
}

const port = 8000;
const gib = 1024 ** 3;
/** Root's cache folder holds both the hub's files and what torch.compile made of them. */
const imageCachePath = '/root/.cache';

export function renderVllm(input: RenderInput, program: VllmProgram): WorkloadSpec {
  const { deployment, version, gpuResource } = input;
  const weights = locateWeights(version.source, deployment.engine.env.HF_HOME ?? imageCachePath);
  const args = [...ownArguments(input, weights, program), ...renderArguments(program.args, program.rules, 'spaced')];
  const canDrain = isAtLeast(deployment.engine.version, sinceShutdownTimeout);
  const draining = drain(deployment, program.preStopDelaySeconds);
  return {
    engine: program.engine,
    image: program.image,
    command: [...program.command, ...args],
    localCommand: [...program.localCommand, ...args],
    env: { ...environment(input, weights), ...deployment.engine.env },
    secretEnv: weights.secretEnv,
    port: { name: 'http', containerPort: port },
    metrics: { port, path: '/metrics' },
    probes: {
      // Refused until the weights are loaded, so a probe costs nothing and can be frequent.
      startup: startupProbe('/health', 2, 2, deployment.startupTimeoutMs),
      readiness: { path: '/health', periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 3 },
      // Slow to judge: a busy event loop is not a dead engine, and a dead one exits by itself.
      liveness: { path: '/health', periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 10 },
    },
    drain: canDrain ? draining : { ...draining, timeoutSeconds: 0 },
    accelerator: { count: program.gpusPerReplica, resource: gpuResource },
    resources: {
      cpu: deployment.resources.cpu,
      memoryBytes: deployment.resources.memoryBytes,
      // Tensor-parallel processes pass tensors through shared memory.
      sharedMemoryBytes: deployment.resources.sharedMemoryBytes ?? (parallel(deployment) > 1 ? 16 : 2) * gib,
    },
    weights: weights.mount,
    imagePullSecrets: deployment.imagePullSecrets,
    readinessGeneration: readinessGeneration(deployment),
  };
}

function ownArguments({ deployment, version }: RenderInput, weights: LocatedWeights, program: VllmProgram): string[] {
  const { parallelism, quantization, engine, drain: draining } = deployment;
  const flags = { engineVersion: engine.version, modelVersion: version };
  const weightChoice = quantization.weights ?? (version.format === 'gguf' ? 'gguf' : null);
  const pinned = weights.commit === null ? [] : ['--revision', weights.commit, '--tokenizer-revision', weights.commit];
  const isSaid = (name: string) => program.args[name] !== undefined;
  return [
    weights.model,
    ...['--served-model-name', deployment.model],
    ...['--host', '{host}', '--port', '{port}'],
    ...pinned,
    ...(weights.from === 'bucket' ? ['--load-format', 'runai_streamer'] : []),
    ...['--tensor-parallel-size', String(parallelism.tensor)],
    ...(parallelism.pipeline > 1 ? ['--pipeline-parallel-size', String(parallelism.pipeline)] : []),
    ...(weightChoice === null ? [] : vllmQuantizations.weights[weightChoice].flags(flags)),
    ...(quantization.kvCache === null ? [] : vllmQuantizations.kvCache[quantization.kvCache].flags(flags)),
    ...(isAtLeast(engine.version, sinceShutdownTimeout)
      ? ['--shutdown-timeout', String(Math.floor(draining.timeoutMs / 1000))]
      : []),
    ...(isSaid('disable-access-log-for-endpoints') ? [] : ['--disable-access-log-for-endpoints', '/health,/metrics']),
  ];
}

function environment({ deployment, gpuResource }: RenderInput, weights: LocatedWeights): Record<string, string> {
  return {
    VLLM_ENGINE_READY_TIMEOUT_S: String(Math.ceil(deployment.startupTimeoutMs / 1000)),
    VLLM_NO_USAGE_STATS: '1',
    // The engine's own five seconds reset connections that a gateway is about to reuse.
    VLLM_HTTP_TIMEOUT_KEEP_ALIVE: '75',
    ...(weights.from === 'folder' ? { HF_HUB_OFFLINE: '1' } : {}),
    ...(isAmd(gpuResource) ? { VLLM_ROCM_USE_AITER: '1' } : {}),
  };
}

/** Generous: the first request after a start may still compile. */
function readinessGeneration({ model, engine }: DeploymentSpec): GenerationProbe {
  const timeoutMs = 60_000;
  if (servesEmbeddings(engine.args)) {
    return { method: 'POST', path: '/v1/embeddings', body: { model, input: 'ping' }, timeoutMs };
  }
  const body = { model, prompt: 'ping', max_tokens: 1, temperature: 0 };
  return { method: 'POST', path: '/v1/completions', body, timeoutMs };
}

function servesEmbeddings(args: DeploymentSpec['engine']['args']): boolean {
  return args.runner === 'pooling' || args.task === 'embed' || args.task === 'embedding';
}

function parallel({ parallelism }: DeploymentSpec): number {
  return parallelism.tensor * parallelism.pipeline;
}
