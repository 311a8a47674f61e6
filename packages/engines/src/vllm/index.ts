import { contextTokens } from '../arguments/context-tokens.ts';
import type { Engine, EngineApi, RenderInput, Rendering } from '../engine.ts';
import { isAmd } from '../gpus/find-gpus.ts';
import { vllmAdapters } from './adapters.ts';
import { vllmArguments } from './arguments.ts';
import { checkVllm } from './check.ts';
import { maxInFlight } from './max-in-flight.ts';
import { readVllmLoad } from './read-load.ts';
import { renderVllm } from './render.ts';
import { vllmVersions } from './versions.ts';

export const vllmApis: readonly EngineApi[] = ['chat', 'completions', 'embeddings', 'responses', 'messages'];

export const vllm: Engine = {
  name: 'vllm',
  simulated: false,
  versions: vllmVersions,
  apis: vllmApis,
  render,
  readLoad: readVllmLoad,
  adapters: vllmAdapters,
};

function render(input: RenderInput): Rendering {
  const problems = checkVllm(input, { engine: 'vLLM', versions: vllmVersions, rules: vllmArguments, moreFormats: [] });
  if (problems.length > 0) return { kind: 'refused', problems };
  const { engine, parallelism, model } = input.deployment;
  const repository = isAmd(input.gpuResource) ? 'vllm/vllm-openai-rocm' : 'vllm/vllm-openai';
  const workload = renderVllm(input, {
    engine: 'vllm',
    image: engine.image ?? `${repository}:v${engine.version}`,
    command: ['vllm', 'serve'],
    localCommand: ['vllm', 'serve'],
    gpusPerReplica: parallelism.tensor * parallelism.pipeline,
    preStopDelaySeconds: 10,
    args: engine.args,
    rules: vllmArguments,
  });
  return {
    kind: 'rendered',
    workload,
    servedModelName: model,
    healthPath: '/health',
    maxInFlightPerReplica: maxInFlight(input),
    maxContextTokens: contextTokens(engine.args, 'max-model-len', input.version.architecture.contextLength),
  };
}
