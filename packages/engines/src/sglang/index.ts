import { contextTokens } from '../arguments/context-tokens.ts';
import type { Engine, RenderInput, Rendering } from '../engine.ts';
import { sglangAdapters } from './adapters.ts';
import { checkSglang } from './check.ts';
import { readSglangLoad } from './read-load.ts';
import { renderSglang } from './render.ts';
import { sglangVersions } from './versions.ts';

export const sglang: Engine = {
  name: 'sglang',
  simulated: false,
  versions: sglangVersions,
  apis: ['chat', 'completions', 'embeddings', 'responses', 'messages', 'generate'],
  render,
  readLoad: readSglangLoad,
  adapters: sglangAdapters,
};

function render(input: RenderInput): Rendering {
  const problems = checkSglang(input);
  if (problems.length > 0) return { kind: 'refused', problems };
  const { engine, model } = input.deployment;
  const limit = engine.args['max-running-requests'];
  return {
    kind: 'rendered',
    workload: renderSglang(input),
    servedModelName: model,
    healthPath: '/health',
    maxInFlightPerReplica: typeof limit === 'number' || typeof limit === 'string' ? Number(limit) : null,
    maxContextTokens: contextTokens(engine.args, 'context-length', input.version.architecture.contextLength),
  };
}
