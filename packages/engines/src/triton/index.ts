import type { Engine, RenderInput, Rendering } from '../engine.ts';
import { checkTriton, tritonVersions } from './check.ts';
import { readTritonLoad } from './read-load.ts';
import { modelReadyPath, renderTriton } from './render.ts';

export const triton: Engine = {
  name: 'triton',
  simulated: false,
  versions: tritonVersions,
  apis: ['kserve', 'generate'],
  render,
  readLoad: readTritonLoad,
};

function render(input: RenderInput): Rendering {
  const problems = checkTriton(input);
  if (problems.length > 0) return { kind: 'refused', problems };
  const { engine, model } = input.deployment;
  const named = engine.args['load-model'];
  const servedModelName = typeof named === 'string' ? named : model;
  return {
    kind: 'rendered',
    workload: renderTriton(input, servedModelName),
    servedModelName,
    healthPath: modelReadyPath(servedModelName),
    // Batch sizes and instance counts are in the repository.
    maxInFlightPerReplica: null,
    maxContextTokens: null,
  };
}
