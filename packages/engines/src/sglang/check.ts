import type { Problem } from '@signalbox/domain';
import { checkArguments } from '../arguments/check-arguments.ts';
import { checkEnvironment } from '../arguments/check-environment.ts';
import type { RenderInput } from '../engine.ts';
import { findGpus, isAmd } from '../gpus/find-gpus.ts';
import { checkQuantization } from '../quantization/check-quantization.ts';
import { checkSource } from '../workload/check-source.ts';
import { checkVersion } from '../workload/versions.ts';
import { sglangArguments, sglangOwnedEnvironment } from './arguments.ts';
import { sglangQuantizations } from './quantization.ts';
import { sglangVersions } from './versions.ts';

export function checkSglang(input: RenderInput): Problem[] {
  const { deployment, version } = input;
  const { engine, quantization } = deployment;
  const known = checkVersion('SGLang', engine.version, sglangVersions);
  const rest = [
    ...checkArguments(engine.args, sglangArguments),
    ...checkEnvironment(engine.env, sglangOwnedEnvironment),
    ...checkSource(version, 'SGLang', ['safetensors', 'pytorch', 'gguf']),
    ...checkImage(input),
    ...checkLoading(input),
  ];
  if (known.length > 0) return [...known, ...rest];
  const context = {
    engine: 'SGLang',
    engineVersion: engine.version,
    hasOwnImage: engine.image !== null,
    vendor: isAmd(input.gpuResource) ? ('amd' as const) : ('nvidia' as const),
    gpus: findGpus(input.gpuProducts),
    modelVersion: version,
  };
  return [...rest, ...checkQuantization(quantization, sglangQuantizations, context)];
}

function checkImage({ deployment, version, gpuResource }: RenderInput): Problem[] {
  const path = 'spec.engine.image';
  if (isAmd(gpuResource) && version.source.kind === 'objectStore') {
    const message = 'SGLang does not stream weights from buckets on AMD GPUs. Put them on a volume.';
    return [{ path: 'spec.version', message }];
  }
  if (deployment.engine.image !== null) return [];
  if (isAmd(gpuResource)) {
    return [{ path, message: 'SGLang has no image of one name for AMD GPUs: name the one for yours.' }];
  }
  if (version.source.kind === 'objectStore') {
    const message =
      'SGLang streams weights from a bucket with runai-model-streamer, which its stock image does not promise: name an image that has it, or put the weights on a volume.';
    return [{ path, message }];
  }
  return [];
}

function checkLoading({ deployment, version }: RenderInput): Problem[] {
  const problems: Problem[] = [];
  const { quantization, engine } = deployment;
  const isLoaderSet = ['bitsandbytes', 'gguf'].includes(quantization.weights ?? version.format);
  if (engine.args['load-format'] !== undefined && (isLoaderSet || version.source.kind === 'objectStore')) {
    const message = 'The load format follows from the weights here: leave --load-format out.';
    problems.push({ path: 'spec.engine.args.load-format', message });
  }
  if (version.source.kind === 'huggingFace' && version.format === 'gguf') {
    const message = 'A GGUF file must be named, which a repository does not: register it as a local path or a volume.';
    problems.push({ path: 'spec.version', message });
  }
  return problems;
}
