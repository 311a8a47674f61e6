import type { DeploymentSpec } from '@signalbox/domain';
import { contextTokens } from '../arguments/context-tokens.ts';
import type { Engine, RenderInput, Rendering } from '../engine.ts';
import { vllmAdapters } from '../vllm/adapters.ts';
import { checkVllm } from '../vllm/check.ts';
import { vllmApis } from '../vllm/index.ts';
import { readVllmLoad } from '../vllm/read-load.ts';
import { renderVllm } from '../vllm/render.ts';
import { gpusArgument, simulatedArguments } from './arguments.ts';

const versions: readonly string[] = ['0.32.0'];

/** The scheduler of the simulation takes this many requests when it is not told. */
const defaultMaxSequences = 256;

/** A program that behaves like the vLLM of its version, takes its arguments and needs no GPU. */
export const simulated: Engine = {
  name: 'simulated',
  simulated: true,
  versions,
  apis: vllmApis,
  render,
  readLoad: readVllmLoad,
  adapters: vllmAdapters,
};

function render(input: RenderInput): Rendering {
  const problems = checkVllm(input, {
    engine: 'simulated',
    versions,
    rules: simulatedArguments,
    moreFormats: ['simulated'],
  });
  if (problems.length > 0) return { kind: 'refused', problems };
  const { engine, model } = input.deployment;
  const { [gpusArgument]: _, ...args } = engine.args;
  const workload = renderVllm(input, {
    engine: 'simulated',
    image: engine.image ?? `signalbox/simulated-engine:${engine.version}`,
    command: ['simulated-engine'],
    localCommand: ['node', '{simulatedEngine}'],
    gpusPerReplica: gpusPerReplica(input.deployment),
    preStopDelaySeconds: 5,
    args,
    rules: simulatedArguments,
  });
  return {
    kind: 'rendered',
    workload,
    servedModelName: model,
    healthPath: '/health',
    maxInFlightPerReplica: Number(engine.args['max-num-seqs'] ?? defaultMaxSequences),
    maxContextTokens: contextTokens(engine.args, 'max-model-len', input.version.architecture.contextLength),
  };
}

function gpusPerReplica({ engine, parallelism }: DeploymentSpec): number {
  const given = engine.args[gpusArgument];
  return typeof given === 'number' || typeof given === 'string'
    ? Number(given)
    : parallelism.tensor * parallelism.pipeline;
}
