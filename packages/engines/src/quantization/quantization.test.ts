import { describe, expect, test } from '@jest/globals';
import type { KvCacheQuantization, Problem, WeightQuantization } from '@signalbox/domain';
import { flagValue, problemsOf, workloadOf } from '../conformance.ts';
import type { InputChanges } from '../conformance-inputs.ts';
import { anInput } from '../conformance-inputs.ts';
import type { Engine } from '../engine.ts';
import { sglang } from '../sglang/index.ts';
import { vllm } from '../vllm/index.ts';

type Row = {
  engine: Engine;
  weights?: WeightQuantization;
  kvCache?: KvCacheQuantization;
  gpu?: string;
  version?: string;
  changes?: InputChanges;
};

function inputOf({ engine, weights, kvCache, gpu, version, changes }: Row) {
  return anInput(engine, {
    ...changes,
    gpuProducts: gpu === undefined ? [] : [gpu],
    deployment: {
      ...changes?.deployment,
      quantization: { weights: weights ?? null, kvCache: kvCache ?? null },
      engine: { ...changes?.deployment?.engine, ...(version === undefined ? {} : { version }) },
    },
  });
}

const amd: InputChanges = {
  gpuResource: 'amd.com/gpu',
  deployment: { engine: { image: 'example.test/rocm@sha256:0' } },
};
const [v100, t4, a100, l4, h100] = [
  'Tesla-V100-SXM2-32GB',
  'Tesla-T4',
  'NVIDIA-A100-SXM4-80GB',
  'NVIDIA-L4',
  'NVIDIA-H100-80GB-HBM3',
];
const [b200, gb300, mi300] = ['NVIDIA-B200', 'NVIDIA-GB300', 'AMD_Instinct_MI300X_OAM'];

describe('quantization becomes the flags of the engine', () => {
  test.each<Row & { flags: Record<string, string | undefined> }>([
    { engine: vllm, weights: 'fp8', gpu: h100, flags: { '--quantization': 'fp8' } },
    { engine: vllm, weights: 'fp8', gpu: t4, flags: { '--quantization': 'fp8' } },
    { engine: vllm, weights: 'fp8', gpu: mi300, changes: amd, flags: { '--quantization': 'fp8' } },
    { engine: vllm, weights: 'fp8', changes: { version: { dtype: 'fp8' } }, flags: { '--quantization': undefined } },
    { engine: vllm, weights: 'int8', gpu: a100, flags: { '--quantization': 'int8_per_channel_weight_only' } },
    { engine: vllm, weights: 'awq', version: '0.32.0', flags: { '--quantization': 'awq' } },
    { engine: vllm, weights: 'awq', version: '0.27.0', flags: { '--quantization': undefined } },
    { engine: vllm, weights: 'gptq', gpu: v100, version: '0.19.1', flags: { '--quantization': undefined } },
    { engine: vllm, weights: 'bitsandbytes', version: '0.27.0', flags: { '--quantization': 'bitsandbytes' } },
    { engine: vllm, weights: 'nvfp4', gpu: h100, flags: { '--quantization': undefined } },
    { engine: vllm, kvCache: 'fp8', gpu: l4, flags: { '--kv-cache-dtype': 'fp8' } },
    { engine: vllm, kvCache: 'nvfp4', gpu: b200, flags: { '--kv-cache-dtype': 'nvfp4' } },
    { engine: vllm, gpu: h100, flags: { '--quantization': undefined, '--kv-cache-dtype': undefined } },
    { engine: sglang, weights: 'fp8', gpu: h100, flags: { '--quantization': 'fp8' } },
    { engine: sglang, weights: 'int8', gpu: a100, flags: { '--quantization': 'w8a8_int8' } },
    { engine: sglang, weights: 'awq', gpu: a100, flags: { '--quantization': undefined } },
    { engine: sglang, weights: 'bitsandbytes', flags: { '--load-format': 'bitsandbytes' } },
    { engine: sglang, kvCache: 'fp8', gpu: h100, flags: { '--kv-cache-dtype': 'fp8_e4m3' } },
    { engine: sglang, changes: { version: { format: 'gguf', dtype: null } }, flags: { '--quantization': 'gguf' } },
  ])('$engine.name $version $weights $kvCache on $gpu', ({ flags, ...row }) => {
    const { command } = workloadOf(row.engine.render(inputOf(row)));
    for (const [name, value] of Object.entries(flags)) expect(flagValue(command, name)).toBe(value);
  });
});

describe('quantization is refused where it cannot run', () => {
  test.each<Row & { message: RegExp; allowed?: string; notAllowed?: string; nearest?: string }>([
    {
      engine: vllm,
      weights: 'mxfp4',
      gpu: t4,
      message: /on Tesla-T4: it has compute capability 7\.5, and 8\.0 is needed/,
      allowed: 'awq',
      notAllowed: 'mxfp4',
      nearest: 'awq',
    },
    {
      engine: vllm,
      weights: 'fp8',
      gpu: v100,
      version: '0.19.1',
      message: /7\.0, and 7\.5 is needed/,
      allowed: 'gptq',
    },
    {
      engine: vllm,
      weights: 'int8',
      version: '0.19.1',
      message: /0\.19\.1 has no int8; it is known from 0\.20\.0/,
      nearest: 'fp8',
    },
    { engine: vllm, weights: 'int8', gpu: gb300, message: /crippled/, nearest: 'fp8' },
    {
      engine: vllm,
      weights: 'bitsandbytes',
      version: '0.32.0',
      message: /lacks vllm-bnb-plugin.*spec\.engine\.image/,
      nearest: 'awq',
    },
    { engine: vllm, weights: 'nvfp4', gpu: mi300, changes: amd, message: /no nvfp4 on AMD/, allowed: 'mxfp4' },
    { engine: vllm, changes: { version: { format: 'gguf', dtype: null } }, message: /lacks vllm-gguf-plugin/ },
    {
      engine: vllm,
      weights: 'awq',
      changes: { version: { format: 'gguf' } },
      version: '0.23.0',
      message: /GGUF file/,
      nearest: 'gguf',
    },
    {
      engine: vllm,
      weights: 'awq',
      changes: { version: { dtype: 'fp8' } },
      message: /fp8 already/,
      nearest: 'compressed-tensors',
    },
    { engine: sglang, weights: 'int8', gpu: b200, message: /no kernel from 10\.0 on/, nearest: 'fp8' },
    { engine: sglang, weights: 'fp8', gpu: t4, message: /8\.0 is needed/ },
    { engine: sglang, weights: 'modelopt', gpu: a100, message: /8\.9 is needed/, nearest: 'fp8' },
    { engine: sglang, weights: 'int8', version: '0.5.12', message: /known from 0\.5\.18/ },
  ])('$engine.name $version $weights on $gpu', ({ message, allowed, notAllowed, nearest, ...row }) => {
    const problem = onlyProblem(row);
    expect(problem.path).toBe('spec.quantization.weights');
    expect(problem.message).toMatch(message);
    if (allowed !== undefined) expect(problem.allowed).toContain(allowed);
    if (notAllowed !== undefined) expect(problem.allowed).not.toContain(notAllowed);
    if (nearest !== undefined) expect(problem.nearest).toBe(nearest);
  });

  test.each<Row & { nearest: string }>([
    { engine: vllm, kvCache: 'nvfp4', gpu: h100, nearest: 'fp8' },
    { engine: vllm, kvCache: 'nvfp4', version: '0.19.1', nearest: 'fp8' },
    { engine: vllm, kvCache: 'fp8', gpu: v100, version: '0.19.1', nearest: 'auto' },
    { engine: sglang, kvCache: 'nvfp4', gpu: mi300, changes: amd, nearest: 'fp8' },
  ])('$engine.name KV cache $kvCache on $gpu', ({ nearest, ...row }) => {
    expect(onlyProblem(row)).toMatchObject({ path: 'spec.quantization.kvCache', nearest });
  });

  test('when only one of the pools lacks it', () => {
    const changes = { deployment: { quantization: { weights: 'mxfp4' as const, kvCache: null } } };
    const input = anInput(vllm, { ...changes, gpuProducts: [h100, t4] });
    expect(problemsOf(vllm.render(input))[0]?.message).toContain(t4);
  });
});

test('a GPU that nobody knows is no reason to refuse', () => {
  const row: Row = { engine: vllm, weights: 'mxfp4', kvCache: 'nvfp4', gpu: 'NVIDIA-X9000' };
  expect(vllm.render(inputOf(row)).kind).toBe('rendered');
});

function onlyProblem(row: Row): Problem {
  const problems = problemsOf(row.engine.render(inputOf(row)));
  expect(problems).toHaveLength(1);
  const [problem] = problems;
  if (problem === undefined) throw new Error('rendered');
  return problem;
}
