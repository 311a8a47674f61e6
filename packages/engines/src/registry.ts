import type { Engine } from './engine.ts';
import { sglang } from './sglang/index.ts';
import { simulated } from './simulated/index.ts';
import { triton } from './triton/index.ts';
import { vllm } from './vllm/index.ts';

/** A new engine is a folder and a line here. */
export const engines: readonly Engine[] = [vllm, sglang, triton, simulated];

export function findEngine(name: string): Engine | undefined {
  return engines.find((engine) => engine.name === name);
}

export function engineNames(): readonly string[] {
  return engines.map((engine) => engine.name);
}
