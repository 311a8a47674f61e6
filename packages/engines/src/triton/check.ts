import type { Problem, Quantization } from '@signalbox/domain';
import { checkArguments } from '../arguments/check-arguments.ts';
import { checkEnvironment } from '../arguments/check-environment.ts';
import type { RenderInput } from '../engine.ts';
import { isAmd } from '../gpus/find-gpus.ts';
import { checkSource } from '../workload/check-source.ts';
import { checkVersion } from '../workload/versions.ts';
import { tritonArguments } from './arguments.ts';

/** Monthly releases whose contents are known. */
export const tritonVersions: readonly string[] = ['26.07', '26.06', '26.05', '26.04', '26.03', '26.01', '25.10'];

export function checkTriton({ deployment, version, gpuResource }: RenderInput): Problem[] {
  const { engine, quantization } = deployment;
  return [
    ...checkVersion('Triton', engine.version, tritonVersions),
    ...checkArguments(engine.args, tritonArguments),
    ...checkEnvironment(engine.env, {}),
    ...checkSource(version, 'Triton', ['triton-repository']),
    ...checkHub(version.source.kind),
    ...checkQuantization(quantization),
    ...(isAmd(gpuResource) ? [{ path: 'spec.placement.pools', message: 'Triton runs on NVIDIA GPUs.' }] : []),
  ];
}

function checkHub(source: string): Problem[] {
  if (source !== 'huggingFace') return [];
  const message =
    'Triton reads a model repository from a folder, an image or a bucket, not from a hub. Put the repository on a volume or into a bucket and register that.';
  return [{ path: 'spec.version', message }];
}

/** Quantization is a property of what lies in the repository, backend by backend; Triton has no flag for it. */
function checkQuantization({ weights, kvCache }: Quantization): Problem[] {
  const problems: Problem[] = [];
  if (weights !== null) {
    const message = `Triton takes quantization from the model repository, not from a flag: leave ${weights} out here and put it into model.json (vLLM backend), the engine (TensorRT) or the graph (ONNX).`;
    problems.push({ path: 'spec.quantization.weights', message, allowed: [] });
  }
  if (kvCache !== null && kvCache !== 'auto') {
    const message = `Triton takes the KV cache's type from the model repository, not from a flag: leave ${kvCache} out here and put kv_cache_dtype into model.json.`;
    problems.push({ path: 'spec.quantization.kvCache', message, allowed: ['auto'], nearest: 'auto' });
  }
  return problems;
}
