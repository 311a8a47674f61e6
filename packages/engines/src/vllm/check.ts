import type { Problem } from '@signalbox/domain';
import type { ArgumentRules } from '../arguments/argument-rule.ts';
import { checkArguments } from '../arguments/check-arguments.ts';
import { checkEnvironment } from '../arguments/check-environment.ts';
import type { RenderInput } from '../engine.ts';
import { findGpus, isAmd } from '../gpus/find-gpus.ts';
import { checkQuantization } from '../quantization/check-quantization.ts';
import { checkSource } from '../workload/check-source.ts';
import { checkVersion, isAtLeast } from '../workload/versions.ts';
import { vllmOwnedEnvironment } from './arguments.ts';
import { vllmQuantizations } from './quantization.ts';
import { sinceCuda13 } from './versions.ts';

export interface VllmCheck {
  /** As people write it. */
  engine: string;
  versions: readonly string[];
  rules: ArgumentRules;
  /** Formats it loads, beside those that vLLM loads. */
  moreFormats: readonly string[];
}

export function checkVllm(input: RenderInput, check: VllmCheck): Problem[] {
  const { deployment, version } = input;
  const { engine, quantization } = deployment;
  const known = checkVersion(check.engine, engine.version, check.versions);
  const rest = [
    ...checkArguments(engine.args, check.rules),
    ...checkEnvironment(engine.env, vllmOwnedEnvironment),
    ...checkSource(version, check.engine, ['safetensors', 'pytorch', 'gguf', ...check.moreFormats]),
    ...checkLoading(input),
  ];
  // What a version can do is not known for one that is not known.
  if (known.length > 0) return [...known, ...rest];
  const context = {
    engine: check.engine,
    engineVersion: engine.version,
    hasOwnImage: engine.image !== null,
    vendor: isAmd(input.gpuResource) ? ('amd' as const) : ('nvidia' as const),
    gpus: findGpus(input.gpuProducts),
    modelVersion: version,
  };
  return [...checkVolta(input, check.engine), ...rest, ...checkQuantization(quantization, vllmQuantizations, context)];
}

function checkLoading({ deployment, version }: RenderInput): Problem[] {
  const problems: Problem[] = [];
  const loadFormat = deployment.engine.args['load-format'];
  if (version.source.kind === 'objectStore' && loadFormat !== undefined && loadFormat !== 'runai_streamer') {
    const message = 'Weights in a bucket are streamed: leave --load-format out.';
    problems.push({ path: 'spec.engine.args.load-format', message, allowed: ['runai_streamer'] });
  }
  if (version.source.kind === 'huggingFace' && version.format === 'gguf') {
    const message = 'A GGUF file must be named, which a repository does not: register it as a local path or a volume.';
    problems.push({ path: 'spec.version', message });
  }
  return problems;
}

function checkVolta({ deployment, gpuProducts }: RenderInput, engine: string): Problem[] {
  if (deployment.engine.image !== null || !isAtLeast(deployment.engine.version, sinceCuda13)) return [];
  const old = findGpus(gpuProducts).find((gpu) => gpu.architecture === 'volta');
  if (old === undefined) return [];
  const message = `The image of ${engine} ${deployment.engine.version} has no code for ${old.product} (compute capability 7.0). Use 0.19.1 or older, or leave such pools out.`;
  return [{ path: 'spec.engine.version', message, nearest: '0.19.1' }];
}
