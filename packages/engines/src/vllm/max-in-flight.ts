import type { RenderInput } from '../engine.ts';
import { findGpus } from '../gpus/find-gpus.ts';

/**
 * How many requests one replica works on at once; more would wait inside the engine, where nobody can take them
 * back. Without `max-num-seqs` it is the engine's default, which goes by GPU memory; null for unknown GPUs.
 */
export function maxInFlight(input: RenderInput): number | null {
  const given = input.deployment.engine.args['max-num-seqs'];
  if (typeof given === 'number' || typeof given === 'string') return Number(given);
  const gpus = findGpus(input.gpuProducts);
  if (gpus.length === 0 || gpus.length < input.gpuProducts.length) return null;
  return Math.min(...gpus.map((gpu) => (gpu.memoryGib >= 70 && !gpu.name.startsWith('A100') ? 1024 : 256)));
}
