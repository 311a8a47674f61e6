import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import {
  aDeployment,
  anInput,
  bucket,
  hub,
  type InputChanges,
  image,
  localPath,
  privateHub,
  volume,
} from './conformance-inputs.ts';
import { findEngine } from './registry.ts';

/** Renderings on file, so that a change of what reaches a GPU is seen in review. Renew them with UPDATE_GOLDEN=1. */
const folder = fileURLToPath(new URL('../golden/', import.meta.url));
const isUpdate = process.env.UPDATE_GOLDEN === '1';

const tables: Record<string, Record<string, InputChanges>> = {
  vllm: {
    'private-hub-fp8': {
      version: { source: privateHub },
      deployment: {
        engine: { args: { 'max-model-len': 16384, 'max-num-seqs': 128, 'enable-prefix-caching': true } },
        quantization: { weights: 'fp8', kvCache: 'fp8' },
      },
    },
    'four-gpus-from-a-bucket': {
      version: { source: bucket },
      deployment: { parallelism: { tensor: 4, pipeline: 1 }, engine: { env: { AWS_REGION: 'eu-central-1' } } },
    },
    'awq-weights-in-an-image': {
      version: { source: image },
      deployment: { quantization: { weights: 'awq', kvCache: null } },
    },
    'before-it-could-drain': { version: { source: hub }, deployment: { engine: { version: '0.17.1' } } },
    'embeddings-on-a-volume': { deployment: { engine: { args: { runner: 'pooling' } } } },
    'own-image-with-plugins': {
      version: { source: localPath, format: 'gguf', dtype: null },
      deployment: { engine: { image: `example.test/vllm-gguf@sha256:${'cd'.repeat(32)}` }, imagePullSecrets: ['pull'] },
    },
    'amd-two-by-two': {
      version: { source: hub },
      deployment: { parallelism: { tensor: 2, pipeline: 2 }, quantization: { weights: 'fp8', kvCache: null } },
      gpuProducts: ['AMD_Instinct_MI300X_OAM'],
      gpuResource: 'amd.com/gpu',
    },
    'nvfp4-on-blackwell': {
      version: { source: hub },
      deployment: { quantization: { weights: 'nvfp4', kvCache: 'nvfp4' } },
      gpuProducts: ['NVIDIA-B200'],
    },
  },
  sglang: {
    'private-hub-fp8': {
      version: { source: privateHub },
      deployment: {
        engine: { args: { 'context-length': 16384, 'max-running-requests': 64, 'mem-fraction-static': 0.85 } },
        quantization: { weights: 'fp8', kvCache: 'fp8' },
      },
    },
    'eight-gpus-on-a-volume': {
      version: { source: volume, dtype: 'fp8' },
      deployment: { parallelism: { tensor: 8, pipeline: 1 }, quantization: { weights: 'fp8', kvCache: null } },
    },
    'bitsandbytes-local': {
      version: { source: localPath },
      deployment: { quantization: { weights: 'bitsandbytes', kvCache: null } },
    },
  },
  triton: {
    'repository-on-a-volume': {},
    'repository-in-a-bucket': {
      version: { source: bucket },
      deployment: {
        engine: { args: { 'load-model': 'resnet50', 'backend-config': 'python,shm-default-byte-size=16777216' } },
      },
    },
    'vllm-backend-image': {
      deployment: {
        engine: { image: 'nvcr.io/nvidia/tritonserver:26.07-vllm-python-py3' },
        parallelism: { tensor: 2, pipeline: 1 },
        drain: { timeoutMs: 60_000 },
      },
    },
  },
  simulated: {
    'without-a-gpu': {
      version: { source: localPath },
      deployment: { engine: { args: { 'sim-gpus': 0, 'sim-load-ms': 500, 'max-num-seqs': 32 } } },
      gpuProducts: [],
    },
    'two-gpus-fp8': {
      version: { source: hub },
      deployment: { parallelism: { tensor: 2, pipeline: 1 }, quantization: { weights: 'fp8', kvCache: 'fp8' } },
    },
  },
};

describe.each(Object.entries(tables))('renderings of %s', (name, table) => {
  const engine = findEngine(name);
  if (engine === undefined) throw new Error(`no engine ${name}`);
  if (isUpdate) rmSync(`${folder}${name}`, { recursive: true, force: true });
  mkdirSync(`${folder}${name}`, { recursive: true });

  test.each(Object.entries(table))('%s is rendered as on file', (title, changes) => {
    const input = anInput(engine, changes);
    expect(input.deployment.model).toBe(aDeployment(engine).model);
    const written = `${JSON.stringify(engine.render(input), null, 2)}\n`;
    const file = `${folder}${name}/${title}.json`;
    if (isUpdate) writeFileSync(file, written);
    expect(written).toBe(readFileSync(file, 'utf8'));
  });

  test('every file belongs to a row of the table', () => {
    const files = readdirSync(`${folder}${name}`).sort();
    expect(files).toEqual(
      Object.keys(table)
        .map((title) => `${title}.json`)
        .sort(),
    );
  });
});
